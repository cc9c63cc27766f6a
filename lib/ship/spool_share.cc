#include "ship/spool_share.h"

#include <algorithm>

namespace vmtelem {
namespace {

std::uint64_t Less(std::uint64_t from, std::uint64_t what) { return from > what ? from - what : 0; }

std::uint64_t FairShare(std::uint64_t max_bytes, const std::vector<OtherShare>& others) {
  const auto takes_part = [](const OtherShare& other) { return other.held_bytes > 0 || other.claimed_bytes > 0; };
  return max_bytes / (1 + static_cast<std::uint64_t>(std::count_if(others.begin(), others.end(), takes_part)));
}

}  // namespace

// A claim takes nothing from our own fair share, and gives nobody more than that.
std::uint64_t OwnMaxBytes(std::uint64_t max_bytes, const std::vector<OtherShare>& others) {
  const std::uint64_t fair = FairShare(max_bytes, others);
  std::uint64_t held = 0, claimed = 0;
  for (const OtherShare& other : others) {
    held += other.held_bytes;
    claimed += std::max(other.held_bytes, std::min(other.claimed_bytes, fair));
  }
  return std::min(Less(max_bytes, held), std::max(Less(max_bytes, claimed), fair));
}

// In steps, so that others give up no more than is about to be used.
std::uint64_t ClaimOf(std::uint64_t max_bytes, std::uint64_t held_bytes, const std::vector<OtherShare>& others) {
  const std::uint64_t fair = FairShare(max_bytes, others), step = fair / 8;
  const std::uint64_t room = Less(OwnMaxBytes(max_bytes, others), held_bytes);
  if (fair == max_bytes || held_bytes >= fair || room > step / 2) return 0;
  return std::min(held_bytes + step, fair);
}

}  // namespace vmtelem

#include "spool/spool_share.h"

#include <algorithm>
#include <iterator>

namespace vmtelem {
namespace {

std::uint64_t Less(std::uint64_t from, std::uint64_t what) { return from > what ? from - what : 0; }

bool TakesPart(const OtherShare& other) { return other.held_bytes > 0 || other.claimed_bytes > 0; }

std::uint64_t HeldBytes(const std::vector<OtherShare>& others) {
  std::uint64_t held = 0;
  for (const OtherShare& other : others) held += other.held_bytes;
  return held;
}

std::uint64_t FairShare(std::uint64_t max_bytes, const std::vector<OtherShare>& others) {
  return max_bytes / (1 + static_cast<std::uint64_t>(std::count_if(others.begin(), others.end(), TakesPart)));
}

std::vector<OtherShare> ThoseAlive(const std::vector<OtherShare>& others) {
  std::vector<OtherShare> alive;
  std::copy_if(others.begin(), others.end(), std::back_inserter(alive),
               [](const auto& other) { return other.is_alive; });
  return alive;
}

// Of the space without the targets where nobody makes room.
std::uint64_t ToShare(std::uint64_t max_bytes, const std::vector<OtherShare>& others,
                      const std::vector<OtherShare>& alive) {
  return Less(max_bytes, HeldBytes(others) - HeldBytes(alive));
}

}  // namespace

// A claim takes nothing from our own fair share, and gives nobody more than that.
std::uint64_t OwnMaxBytes(std::uint64_t max_bytes, const std::vector<OtherShare>& others) {
  const std::vector<OtherShare> alive = ThoseAlive(others);
  const std::uint64_t to_share = ToShare(max_bytes, others, alive);
  const std::uint64_t fair = FairShare(to_share, alive);
  std::uint64_t claimed = 0;
  for (const OtherShare& other : alive) claimed += std::max(other.held_bytes, std::min(other.claimed_bytes, fair));
  return std::max(Less(to_share, claimed), fair);
}

std::uint64_t OwnRoomBytes(std::uint64_t max_bytes, const std::vector<OtherShare>& others) {
  return std::min(OwnMaxBytes(max_bytes, others), Less(max_bytes, HeldBytes(others)));
}

// In steps, so that others give up no more than is about to be used. A target that has not been seen to live yet may do
// so.
std::uint64_t ClaimOf(std::uint64_t max_bytes, std::uint64_t held_bytes, std::uint64_t refused_bytes,
                      const std::vector<OtherShare>& others) {
  const std::vector<OtherShare> alive = ThoseAlive(others);
  const std::uint64_t of_all = FairShare(max_bytes, others);
  const std::uint64_t fair = std::max(of_all, FairShare(ToShare(max_bytes, others, alive), alive));
  const std::uint64_t room = Less(max_bytes, held_bytes + HeldBytes(others));
  if (of_all == max_bytes || held_bytes >= fair || room > std::max(fair / 16, refused_bytes)) return 0;
  return std::min(held_bytes + std::max(fair / 8, refused_bytes), fair);
}

}  // namespace vmtelem

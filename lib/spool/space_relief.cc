#include "spool/space_relief.h"

#include <algorithm>

namespace vmtelem {

bool SpaceRelief::IsDue(const SpaceAmount& free, SteadyTime now) const {
  if (pause_ == Nanoseconds{} || now >= until_) return true;
  return free.bytes > most_free_.bytes || free.inodes > most_free_.inodes;
}

void SpaceRelief::HelpedInPart() {
  constexpr std::size_t kMost = 1024;
  pause_ = {};
  batches_ = std::min(2 * batches_, kMost);
}

// Also if this try was due before the pause had passed, the next one is due later. A shortage that comes long after the
// last one is another.
void SpaceRelief::DidNotHelp(const SpaceAmount& free, SteadyTime now) {
  const bool goes_on = pause_ > Nanoseconds{} && now < until_ + kLongestPause;
  if (now >= until_) most_free_ = {};
  most_free_ = {std::max(most_free_.bytes, free.bytes), std::max(most_free_.inodes, free.inodes)};
  pause_ = goes_on ? std::min(2 * pause_, kLongestPause) : kFirstPause;
  until_ = now + pause_;
  batches_ = 1;
}

}  // namespace vmtelem

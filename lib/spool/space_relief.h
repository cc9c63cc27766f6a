#pragma once

#include <cstddef>

#include "base/clock.h"
#include "spool/spool_quota.h"

namespace vmtelem {

// Decides when batches that wait may be given up for the space that the file system lacks. Space that becomes free may
// go to somebody else, or may not be of the kind that is lacking, so giving up is tried with little: after a try that
// did not help, nothing more is given up until the file system has more free than then, or a pause has passed that
// grows with each such try. Only state: no clock, no disk. Not thread-safe.
class SpaceRelief {
 public:
  static constexpr Nanoseconds kFirstPause = std::chrono::seconds(5), kLongestPause = std::chrono::minutes(1);

  // Whether a try is due while the file system has `free`.
  [[nodiscard]] bool IsDue(const SpaceAmount& free, SteadyTime now) const;
  // At most so many batches go in a try to restore the floor of free space. Starts with one.
  [[nodiscard]] std::size_t batches() const { return batches_; }

  void Helped() { pause_ = {}; }  // the try let the newer batch be written
  void HelpedInPart();            // there is more free than before, but not enough
  void DidNotHelp(const SpaceAmount& free, SteadyTime now);

 private:
  Nanoseconds pause_{};  // none: the last try helped
  SteadyTime until_{};
  SpaceAmount most_free_;  // since the pause began, so that space that comes and goes is no change
  std::size_t batches_ = 1;
};

}  // namespace vmtelem

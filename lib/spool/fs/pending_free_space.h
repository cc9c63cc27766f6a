#pragma once

#include <cstdint>
#include <deque>

#include "base/clock.h"

namespace vmtelem {

// The bytes of removed files that their file system does not call free yet: btrfs does so with its next commit, half a
// minute later, and until then a look at the free figure alone would give up as many batches once more. Only state: no
// clock, no disk. Not thread-safe.
class PendingFreeSpace {
 public:
  // The default of btrfs's mount option "commit". Space that is not free by then is held by something else, like a
  // snapshot.
  static constexpr Nanoseconds kWait = std::chrono::seconds(30);

  // Files of so many bytes were removed since the last look.
  void Removed(std::uint64_t bytes, SteadyTime now);

  // A look at the free figure. How many of the bytes are still to come.
  std::uint64_t Look(std::uint64_t free_bytes, SteadyTime now);

 private:
  struct Part {
    std::uint64_t bytes = 0;
    SteadyTime until{};
  };
  void Came(std::uint64_t bytes);

  std::deque<Part> to_come_;     // the oldest first
  std::uint64_t seen_free_ = 0;  // at the last look
  std::uint64_t most_free_ = 0;  // since the last removal: other writers do not hide space that came
};

}  // namespace vmtelem

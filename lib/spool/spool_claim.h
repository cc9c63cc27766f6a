#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

#include "base/clock.h"
#include "spool/fs/directory.h"

// A target's claim to its fair share of the spool's bound: a file "claim" in its directory, with the bytes it wants to
// hold. It is written anew as long as it lasts, so that nobody makes room for a process that has ended.
namespace vmtelem {

// Our own. Not thread-safe.
class SpoolClaim {
 public:
  static constexpr Nanoseconds kRenewed = std::chrono::seconds(5);

  // 0: none. Whether it was made or renewed now. It does not matter if it cannot be written: then nobody makes room.
  bool Keep(const FileDescriptor& directory, std::uint64_t bytes, SteadyTime now);

 private:
  std::uint64_t bytes_ = 0;
  SteadyTime due_{};
};

// That of another target, looked at again and again: it counts once it was seen to change, and for a while after that.
class SpoolClaimWatch {
 public:
  static constexpr Nanoseconds kCounts = std::chrono::minutes(5);

  // The bytes that the target with this directory claims; 0: none.
  std::uint64_t Look(const FileDescriptor& directory, SteadyTime now);

 private:
  std::optional<std::int64_t> written_at_ns_;
  std::uint64_t bytes_ = 0;
  SteadyTime until_{};
};

}  // namespace vmtelem

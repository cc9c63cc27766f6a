#pragma once

#include <sys/types.h>

#include "spool/fs/directory.h"

namespace vmtelem {

// The right to be the one service (`run`) of a target's directory in the spool, apart from the right to deliver from it
// (SpoolLock), which a process that is gone in seconds may have. The kernel takes it back however the process ends. Not
// thread-safe.
class ServiceLock {
 public:
  static constexpr const char* kFile = "service";
  enum class State {
    kHeld,
    kElsewhere,  // another process has it: see holder()
    kUnknown,    // no file for it can be had
  };

  // Takes it in this directory, unless it is held there, and gives back the lock of another directory.
  State Take(const FileDescriptor& directory);

  [[nodiscard]] State state() const { return state_; }    // as Take() gave it
  [[nodiscard]] pid_t holder() const { return holder_; }  // 0: it did not say

 private:
  FileDescriptor file_;
  State state_ = State::kUnknown;
  pid_t holder_ = 0;
};

}  // namespace vmtelem

#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

#include "ship/directory.h"

namespace vmtelem {

// What the process that delivers from a target's directory says of itself, in the lock's file. For messages only.
struct SpoolNote {
  pid_t holder = 0;               // 0: it did not say
  std::uint64_t bytes_per_s = 0;  // that come to the spool; 0: not known
};
SpoolNote ReadSpoolNote(const FileDescriptor& directory);

// The right to deliver what one target's directory in the spool holds. One process has it at a time; files may be added
// without it. A lock of its own for each target, so that two services can share a spool and write to two databases:
// the files of others are only counted. The kernel takes it back however the process ends. Not thread-safe.
class SpoolLock {
 public:
  enum class State {
    kHeld,
    kElsewhere,  // another process has it: see holder()
    kFailed,     // see reason()
  };

  // `root` is the directory of the whole spool, `target` as SpoolTargetName() makes it. Both are made if need be.
  SpoolLock(std::string root, std::string target);

  // Tries again; also gives back what is held of a directory that was replaced by another. The new state.
  State Take();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] pid_t holder() const { return holder_; }               // 0: it did not say
  [[nodiscard]] const std::string& reason() const { return reason_; }  // one line, names the path
  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] const std::string& target() const { return target_; }
  [[nodiscard]] std::string path() const { return root_ + "/" + target_; }

  // While it is held: how fast batches come. It does not matter if that cannot be written.
  void NoteRate(std::uint64_t bytes_per_s) const;

  // Grows whenever the lock is taken: then the directory may be another than before.
  [[nodiscard]] std::uint64_t times_taken() const { return times_taken_; }

  // Of the root and of the target; valid once the lock was held.
  [[nodiscard]] const FileDescriptor& root_directory() const { return root_directory_; }
  [[nodiscard]] const FileDescriptor& directory() const { return directory_; }

 private:
  State Open();
  State Elsewhere(pid_t holder);
  State Fail(const std::string& what, std::error_code why);

  std::string root_, target_;
  FileDescriptor root_directory_, directory_, file_;
  std::uint64_t times_taken_ = 0;
  State state_ = State::kFailed;
  pid_t holder_ = 0;
  std::string reason_;
};

}  // namespace vmtelem

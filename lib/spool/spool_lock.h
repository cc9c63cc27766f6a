#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

#include "spool/fs/directory.h"
#include "spool/service_lock.h"

namespace vmtelem {

// For how long a process means to deliver.
enum class SpoolRole {
  kService,  // until it is stopped
  kPassing,  // as long as it takes, a drain time-out at most
};

// What the process that delivers from a target's directory has written of itself into the lock's file. For a moment
// after the lock was taken it is still the note of the process before.
struct LockOwner {
  pid_t pid = 0;                  // 0: not known
  std::uint64_t bytes_per_s = 0;  // that come to the spool; 0: not known
  SpoolRole role = SpoolRole::kService;
};
LockOwner ReadLockOwner(const FileDescriptor& directory);

// The right to deliver the batches in one target's directory of the spool. One process has it at a time; files may be
// added without it. A lock of its own for each target, so that two services can share a spool and write to two
// databases: the files of others are only counted. The kernel takes it back however the process ends. A service has to
// be the one service of the directory (ServiceLock) before it takes this lock; where that cannot be had this one has to
// do. Not thread-safe.
//
// It is a lock (flock) on the file `lock`, and a shared one on the directory. Where that file is not there and cannot
// be made, since no inode is left, it is an exclusive one on the directory: the batches there can be delivered,
// which makes room.
class SpoolLock {
 public:
  enum class State {
    kHeld,
    kElsewhere,  // another process has it: see holder()
    kFailed,     // see reason()
  };

  // `root` is the directory of the whole spool, `target` as SpoolTargetName() makes it. Both are made if need be.
  SpoolLock(std::string root, std::string target, SpoolRole role = SpoolRole::kService);

  // Tries again; also gives back the lock of a directory, or of a lock's file, that was replaced or removed, since
  // another process may hold the one that is there now. Returns the new state.
  State Take();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const LockOwner& holder() const { return holder_; }  // of kElsewhere
  // Of kElsewhere: this would be a service, and another one is there, or may be.
  [[nodiscard]] bool is_second_service() const;
  [[nodiscard]] const std::string& reason() const { return reason_; }  // one line, names the path
  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] const std::string& target() const { return target_; }
  [[nodiscard]] std::string path() const { return root_ + "/" + target_; }

  // While it is held: writes down how fast batches come, from which show-config says, in a process of its own, how many
  // hours of outage the spool outlasts. It does not matter if that cannot be written.
  void NoteRate(std::uint64_t bytes_per_s) const;

  // Grows whenever the lock is taken: then the directory may be another than before.
  [[nodiscard]] std::uint64_t times_taken() const { return times_taken_; }

  // Of the last Take(): the directory of before was removed, and not only moved away. Nothing comes back from there.
  [[nodiscard]] bool former_was_removed() const { return former_was_removed_; }

  // After a Take() that failed: directory() is not at its place any more. It is as it was, and nobody's lock is on it.
  [[nodiscard]] bool is_away() const { return state_ == State::kFailed && IsGoneFrom(directory_, path()); }

  // Of the root and of the target; valid once the lock was held, here or elsewhere.
  [[nodiscard]] const FileDescriptor& root_directory() const { return root_directory_; }
  [[nodiscard]] const FileDescriptor& directory() const { return directory_; }

 private:
  State Open();
  bool LockFile();
  void TakeService();
  State Elsewhere(const LockOwner& holder);
  State Fail(const std::string& what, std::error_code why);

  std::string root_, target_;
  FileDescriptor root_directory_, directory_, file_;
  ServiceLock service_;
  std::uint64_t times_taken_ = 0;
  bool former_was_removed_ = false;
  State state_ = State::kFailed;
  SpoolRole role_;
  LockOwner holder_;
  std::string reason_;
};

}  // namespace vmtelem

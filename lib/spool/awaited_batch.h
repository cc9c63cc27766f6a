#pragma once

#include <optional>
#include <string>
#include <utility>

#include "model/batch_outcome.h"
#include "spool/fs/directory.h"
#include "spool/spool_name.h"

namespace vmtelem {

// A batch that this process added to a spool and another delivers, and whose fate this one wants to know: as long as
// this lives the batch's file is locked (flock), which asks whoever settles it to say in the file what became of it
// (RemoveSettled). Files that are locked are not joined. One descriptor; any thread, one at a time.
class AwaitedBatch {
 public:
  // `file` as WriteAndHold() gives it.
  AwaitedBatch(const SpoolName& name, FileDescriptor file) : name_(name), file_(std::move(file)) {}

  [[nodiscard]] const SpoolName& name() const { return name_; }

  // What became of it; nothing as long as it waits, and while the directory, in which it was added, is another than
  // this one. A file that somebody removed, or that cannot be read, is dropped.
  [[nodiscard]] std::optional<BatchOutcome> Look(const FileDescriptor& directory) const;

  // For the process that has taken the right to deliver from `directory` since: a process that ended while it settled
  // the batch did not say what became of it, so it waits again.
  void Restore(const FileDescriptor& directory) const;

 private:
  [[nodiscard]] bool IsAt(const FileDescriptor& directory, const std::string& name) const;
  [[nodiscard]] bool IsDamaged(const FileDescriptor& directory) const;
  [[nodiscard]] std::optional<BatchOutcome> Note() const;
  [[nodiscard]] BatchOutcome Dropped(std::string reason) const;

  SpoolName name_;
  FileDescriptor file_;
};

}  // namespace vmtelem

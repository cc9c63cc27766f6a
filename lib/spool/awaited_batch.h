#pragma once

#include <optional>
#include <string>
#include <utility>

#include "model/batch_outcome.h"
#include "spool/fs/directory.h"
#include "spool/spool_name.h"

namespace vmtelem {

// A batch that this process added to a spool and another delivers, and whose outcome this one waits for: as long as
// this lives the batch's file is locked (flock), which asks the process that settles it to write the outcome into the
// file (RemoveSettled). Files that are locked are not joined. One descriptor; any thread, one at a time.
class AwaitedBatch {
 public:
  // `file` as WriteAndHold() gives it.
  AwaitedBatch(const SpoolName& name, FileDescriptor file) : name_(name), file_(std::move(file)) {}

  [[nodiscard]] const SpoolName& name() const { return name_; }

  // The outcome; nothing as long as the batch waits, and while another directory than the one in which it was added is
  // at its place. A file that somebody removed, or that was set aside as damaged, is dropped.
  [[nodiscard]] std::optional<BatchOutcome> Look(const FileDescriptor& directory) const;

  // For the process that has taken the right to deliver from `directory` since: a process that ended while it settled
  // the batch has not written the outcome, so the batch waits again.
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

#include "spool/settled_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "spool/fs/durable_file.h"
#include "spool/fs/safe_open.h"

namespace vmtelem {
namespace {

std::error_code Remove(const FileDescriptor& directory, const std::string& name) {
  if (::unlinkat(directory.get(), name.c_str(), 0) == 0) return {};
  const std::error_code error = LastError();
  return error == std::errc::no_such_file_or_directory ? std::error_code() : error;
}

std::error_code Note(const FileDescriptor& directory, const std::string& name, const BatchOutcome& outcome) {
  const auto file = OpenOwnFile(directory, name.c_str(), O_WRONLY);
  if (!file) return file.error();
  const std::string text = FormatBatchOutcome(outcome);
  const ssize_t written = ::pwrite(file->get(), text.data(), text.size(), 0);
  if (written < 0) return LastError();
  [[maybe_unused]] const int cut = ::ftruncate(file->get(), written);
  return {};
}

std::error_code WhyNotLocked(const FileDescriptor& directory, const std::string& name) {
  const auto lock = OpenAndLock([&](int access) { return OpenOwnFile(directory, name.c_str(), access); });
  return lock ? std::error_code() : lock.error();
}

bool IsOutOfDescriptors(std::error_code error) {
  return error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system;
}

}  // namespace

// Where nobody waits the file is closed before it is removed, so that its blocks and its inode are free then. A file
// whose outcome cannot be written for a process that waits is not removed: that process would take the batch for lost.
std::error_code RemoveSettled(const FileDescriptor& directory, const std::string& name, const BatchOutcome& outcome) {
  const std::error_code in_the_way = WhyNotLocked(directory, name);
  if (IsOutOfDescriptors(in_the_way)) return in_the_way;
  const bool is_awaited = in_the_way == std::errc::operation_would_block;
  if (!is_awaited || HasAnotherName(directory, name)) return Remove(directory, name);
  const std::string aside = UnfinishedName(name);
  if (const auto error = RenameNew(directory, name, aside)) return error;
  const std::error_code error = Note(directory, aside, outcome);
  if (!error) return Remove(directory, aside);
  RenameNew(directory, aside, name);
  return error;
}

}  // namespace vmtelem

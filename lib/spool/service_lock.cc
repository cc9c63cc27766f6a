#include "spool/service_lock.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "spool/fs/safe_open.h"

namespace vmtelem {
namespace {

pid_t ReadPid(const FileDescriptor& directory) {
  const auto file = OpenOwnFile(directory, ServiceLock::kFile, O_RDONLY);
  std::array<char, 32> text{};
  pid_t pid = 0;
  const ssize_t size = file ? ::pread(file->get(), text.data(), text.size(), 0) : 0;
  if (size > 0) std::from_chars(text.data(), text.data() + size, pid);
  return pid;
}

// The descriptor that holds the lock cannot write, see OpenAndLock(). It does not matter if this fails.
void WritePid(const FileDescriptor& directory) {
  const auto file = OpenOwnFile(directory, ServiceLock::kFile, O_WRONLY);
  const std::string text = std::to_string(::getpid()) + "\n";
  if (!file || ::pwrite(file->get(), text.data(), text.size(), 0) < 0) return;
  [[maybe_unused]] const int cut = ::ftruncate(file->get(), static_cast<off_t>(text.size()));
}

}  // namespace

ServiceLock::State ServiceLock::Take(const FileDescriptor& directory) {
  if (file_.valid() && !IsReplaced(file_, directory, kFile)) return state_;
  file_ = {};
  auto file = OpenAndLock([&](int access) { return OpenOrMakeFile(directory, kFile, access); });
  const bool elsewhere = !file && file.error() == std::errc::operation_would_block;
  holder_ = elsewhere ? ReadPid(directory) : 0;
  if (!file) return state_ = elsewhere ? State::kElsewhere : State::kUnknown;
  file_ = std::move(*file);
  WritePid(directory);
  return state_ = State::kHeld;
}

}  // namespace vmtelem

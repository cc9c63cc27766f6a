#include "ship/spool_lock.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vmtelem {
namespace {

constexpr const char* kLockFile = "lock";
constexpr mode_t kMode = S_IRUSR | S_IWUSR;

// The descriptor that is kept cannot write: one that can would stand in the way of a remount as read-only, and could
// not be had after one. NFS, which makes flock() out of record locks, asks for one that can (flock(2)).
IoResult<FileDescriptor> OpenAndLock(const FileDescriptor& directory) {
  std::error_code error;
  for (const int access : {O_RDONLY, O_RDWR}) {
    const int flags = access | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    FileDescriptor file(::openat(directory.get(), kLockFile, flags, kMode));
    if (file.valid() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
    error = LastError();
    if (error != std::errc::bad_file_descriptor) break;
  }
  return tl::make_unexpected(error);
}

// Only for messages, so it does not matter if it fails.
void WriteNote(const FileDescriptor& directory, std::uint64_t bytes_per_s) {
  const std::string text = fmt::format("{}\n{}\n", ::getpid(), bytes_per_s);
  const FileDescriptor file(::openat(directory.get(), kLockFile, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC));
  if (!file.valid() || ::fchmod(file.get(), kMode) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(file.get(), text.data(), text.size(), 0);
}

}  // namespace

SpoolNote ReadSpoolNote(const FileDescriptor& directory) {
  const FileDescriptor file(::openat(directory.get(), kLockFile, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::array<char, 48> text{};
  SpoolNote note;
  const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
  if (size <= 0) return note;
  const char* const end = text.data() + size;
  const auto holder = std::from_chars(text.data(), end, note.holder);
  if (holder.ptr != end && *holder.ptr == '\n') std::from_chars(holder.ptr + 1, end, note.bytes_per_s);
  return note;
}

SpoolLock::SpoolLock(std::string root, std::string target) : root_(std::move(root)), target_(std::move(target)) {
  Take();
}

SpoolLock::State SpoolLock::Take() {
  if (state_ == State::kHeld && IsAt(directory_, path())) return state_;
  file_ = {};
  reason_.clear();
  holder_ = 0;
  return state_ = Open();
}

void SpoolLock::NoteRate(std::uint64_t bytes_per_s) const { WriteNote(directory_, bytes_per_s); }

SpoolLock::State SpoolLock::Open() {
  auto root = OpenOrMakeDirectory(root_);
  if (!root) return Fail(root_, root.error());
  auto directory = OpenOrMakeDirectory(*root, target_);
  if (!directory) return Fail(path(), directory.error());
  auto file = OpenAndLock(*directory);
  if (!file && file.error() == std::errc::operation_would_block) return Elsewhere(ReadSpoolNote(*directory).holder);
  if (!file) return Fail(path() + "/" + kLockFile, file.error());
  GiveToOwnerOf(*directory, *file);
  WriteNote(*directory, ReadSpoolNote(*directory).bytes_per_s);
  ++times_taken_;
  root_directory_ = std::move(*root);
  directory_ = std::move(*directory);
  file_ = std::move(*file);
  return State::kHeld;
}

SpoolLock::State SpoolLock::Elsewhere(pid_t holder) {
  holder_ = holder;
  const std::string who = holder > 0 ? fmt::format("process {}", holder) : "another process";
  reason_ = fmt::format("{} delivers from {}", who, path());
  return State::kElsewhere;
}

SpoolLock::State SpoolLock::Fail(const std::string& what, std::error_code why) {
  reason_ = fmt::format("{}: {}", what, why.message());
  return State::kFailed;
}

}  // namespace vmtelem

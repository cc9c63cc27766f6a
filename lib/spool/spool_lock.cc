#include "spool/spool_lock.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "spool/fs/safe_open.h"

namespace vmtelem {
namespace {

constexpr const char* kLockFile = "lock";
constexpr std::string_view kServiceEnd = "\nservice\n", kPassingEnd = "\npassing\n";

// No file can be made there now, but files can be read.
bool IsOutOfRoom(std::error_code error) {
  return error.value() == ENOSPC || error.value() == EDQUOT || error.value() == EROFS;
}

// False if another process has the directory. Where directories cannot be locked nobody relies on that.
bool LockDirectory(const FileDescriptor& directory, int operation) {
  return ::flock(directory.get(), operation | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

}  // namespace

LockOwner ReadLockOwner(const FileDescriptor& directory) {
  const FileDescriptor file(::openat(directory.get(), kLockFile, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::array<char, 64> text{};
  LockOwner note;
  const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
  if (size <= 0) return note;
  const char* const end = text.data() + size;
  const auto pid = std::from_chars(text.data(), end, note.pid);
  if (pid.ptr == end || *pid.ptr != '\n') return note;
  const auto rate = std::from_chars(pid.ptr + 1, end, note.bytes_per_s);
  if (std::string_view(rate.ptr, end) == kPassingEnd) note.role = SpoolRole::kPassing;
  return note;
}

SpoolLock::SpoolLock(std::string root, std::string target, SpoolRole role)
    : root_(std::move(root)), target_(std::move(target)), role_(role) {
  Take();
}

SpoolLock::State SpoolLock::Take() {
  former_was_removed_ = false;
  const bool held = state_ == State::kHeld && IsAt(directory_, path()) && !IsReplaced(file_, directory_, kLockFile);
  if (held && (file_.valid() || LockFile())) {
    TakeService();  // its file may have been replaced or removed; this process goes on delivering in any case
    return state_;
  }
  file_ = {};
  ::flock(directory_.get(), LOCK_UN);
  reason_.clear();
  holder_ = {};
  return state_ = Open();
}

// It does not matter if it fails. The descriptor that holds the lock cannot write (see OpenAndLock), so the file is
// opened again, and may be another by now.
void SpoolLock::NoteRate(std::uint64_t bytes_per_s) const {
  const std::string text =
      fmt::format("{}\n{}{}", ::getpid(), bytes_per_s, role_ == SpoolRole::kService ? kServiceEnd : kPassingEnd);
  const auto file = OpenOwnFile(directory_, kLockFile, O_WRONLY);
  if (!file || !file_.valid() || IsReplaced(file_, directory_, kLockFile)) return;
  // The old note is written over, and cut only then: that needs no space on a disk that is full.
  if (::pwrite(file->get(), text.data(), text.size(), 0) < 0) return;
  [[maybe_unused]] const int cut = ::ftruncate(file->get(), static_cast<off_t>(text.size()));
}

SpoolLock::State SpoolLock::Open() {
  auto root = OpenOrMakeDirectory(root_);
  if (!root) return Fail(root_, root.error());
  auto directory = OpenOrMakeDirectory(*root, target_);
  if (!directory) return Fail(path(), directory.error());
  former_was_removed_ = IsRemoved(directory_);
  root_directory_ = std::move(*root);
  directory_ = std::move(*directory);
  TakeService();
  if (service_.state() == ServiceLock::State::kElsewhere) return Elsewhere({.pid = service_.holder()});
  auto file = OpenAndLock([&](int access) { return OpenOrMakeFile(directory_, kLockFile, access); });
  if (!file && file.error() == std::errc::operation_would_block) return Elsewhere(ReadLockOwner(directory_));
  if (!file && !IsOutOfRoom(file.error())) return Fail(path() + "/" + kLockFile, file.error());
  if (!LockDirectory(directory_, file ? LOCK_SH : LOCK_EX)) return Elsewhere({});
  ++times_taken_;
  if (file) file_ = std::move(*file);
  NoteRate(ReadLockOwner(directory_).bytes_per_s);
  return State::kHeld;
}

// For a process that has locked only the directory, once a file can be made. False if another process was faster.
bool SpoolLock::LockFile() {
  auto file = OpenAndLock([&](int access) { return OpenOrMakeFile(directory_, kLockFile, access); });
  if (!file) return file.error() != std::errc::operation_would_block;
  file_ = std::move(*file);
  return LockDirectory(directory_, LOCK_SH);
}

// A process that soon ends needs no such right.
void SpoolLock::TakeService() {
  if (role_ == SpoolRole::kService) service_.Take(directory_);
}

bool SpoolLock::is_second_service() const {
  return state_ == State::kElsewhere && role_ == SpoolRole::kService && service_.state() != ServiceLock::State::kHeld;
}

SpoolLock::State SpoolLock::Elsewhere(const LockOwner& holder) {
  holder_ = holder;
  const std::string who = holder.pid > 0 ? fmt::format("process {}", holder.pid) : "another process";
  reason_ = fmt::format("{} delivers from {}", who, path());
  return State::kElsewhere;
}

SpoolLock::State SpoolLock::Fail(const std::string& what, std::error_code why) {
  reason_ = fmt::format("{}: {}", what, why.message());
  return State::kFailed;
}

}  // namespace vmtelem

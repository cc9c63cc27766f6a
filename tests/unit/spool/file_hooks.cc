#include "file_hooks.h"

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace vmtelem::file_hooks {
namespace {

struct Hooks {
  std::vector<std::string> calls;
  int changes_to_live = -1;
  int open_error = 0, failed_opens = 0;
  int file_sync_error = 0, directory_sync_error = 0, rename_error = 0, inotify_error = 0;
  std::function<void()> before_rename, before_making, after_making, after_removing;
  bool lock_only_writers = false;
  std::optional<std::uint64_t> free_bytes;
  int read_error = 0, failing_reads = 0;
} hooks;

void NoteChange() {
  if (hooks.changes_to_live > 0 && --hooks.changes_to_live == 0) ::raise(SIGKILL);
}

int Sync(int fd) {
  NoteChange();
  struct stat status {};
  const bool is_directory = ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  hooks.calls.emplace_back(is_directory ? "sync directory" : "sync file");
  const int error = is_directory ? hooks.directory_sync_error : hooks.file_sync_error;
  if (error == 0) return static_cast<int>(::syscall(SYS_fsync, fd));
  errno = error;
  return -1;
}

void CallOnce(std::function<void()>& call) {
  if (const auto once = std::exchange(call, nullptr)) once();
}

int MakeDirectory(int parent, const char* name, mode_t mode) {
  NoteChange();
  CallOnce(hooks.before_making);
  const auto result = static_cast<int>(::syscall(SYS_mkdirat, parent, name, mode));
  if (result == 0) CallOnce(hooks.after_making);
  return result;
}

int Open(int parent, const char* name, int flags, mode_t mode) {
  if ((flags & O_CREAT) != 0) NoteChange();
  const bool fails = hooks.open_error != 0 && std::string_view(name).substr(0, 9) == ".writing-";
  if (!fails) return static_cast<int>(::syscall(SYS_openat, parent, name, flags, mode));
  ++hooks.failed_opens;
  errno = hooks.open_error;
  return -1;
}

int Remove(int parent, const char* name, int flags) {
  NoteChange();
  const auto result = static_cast<int>(::syscall(SYS_unlinkat, parent, name, flags));
  if (result == 0 && hooks.after_removing) hooks.after_removing();
  return result;
}

int Lock(int fd, int operation) {
  const bool may_write = (::fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
  if (may_write || !hooks.lock_only_writers) return static_cast<int>(::syscall(SYS_flock, fd, operation));
  errno = EBADF;
  return -1;
}

bool IsFile(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

ssize_t Read(int fd, void* buffer, std::size_t size) {
  if (hooks.failing_reads == 0 || !IsFile(fd)) return ::syscall(SYS_read, fd, buffer, size);
  --hooks.failing_reads;
  errno = hooks.read_error;
  return -1;
}

int Space(int fd, struct statvfs* status) {
  struct statfs real {};
  if (::fstatfs(fd, &real) != 0) return -1;
  *status = {};
  status->f_frsize = static_cast<unsigned long>(real.f_frsize);
  status->f_blocks = real.f_blocks;
  status->f_bavail = real.f_bavail;
  status->f_files = real.f_files;
  status->f_ffree = status->f_favail = real.f_ffree;
  if (!hooks.free_bytes) return 0;
  status->f_frsize = 1;
  status->f_blocks = std::uint64_t{1} << 40U;
  status->f_bavail = *hooks.free_bytes;
  status->f_files = status->f_ffree = status->f_favail = 0;
  return 0;
}

}  // namespace

void Reset() { hooks = {}; }
const std::vector<std::string>& Calls() { return hooks.calls; }
void FailFileSync(int error) { hooks.file_sync_error = error; }
void FailDirectorySync(int error) { hooks.directory_sync_error = error; }
void FailOpen(int error) { hooks.open_error = error; }
void KillBeforeChange(int n) { hooks.changes_to_live = n; }
int FailedOpens() { return hooks.failed_opens; }
void AfterRemoving(std::function<void()> call) { hooks.after_removing = std::move(call); }
void FailRename(int error) { hooks.rename_error = error; }
void BeforeRename(std::function<void()> call) { hooks.before_rename = std::move(call); }
void FailInotify(int error) { hooks.inotify_error = error; }
void BeforeMakingDirectory(std::function<void()> call) { hooks.before_making = std::move(call); }
void AfterMakingDirectory(std::function<void()> call) { hooks.after_making = std::move(call); }
void LockOnlyWriters() { hooks.lock_only_writers = true; }
void FailReads(int error, int times) {
  hooks.read_error = error;
  hooks.failing_reads = times;
}
void FreezeFreeSpace(std::uint64_t bytes) { hooks.free_bytes = bytes; }

}  // namespace vmtelem::file_hooks

extern "C" int fsync(int fd) { return vmtelem::file_hooks::Sync(fd); }

extern "C" int openat(int parent, const char* name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return vmtelem::file_hooks::Open(parent, name, flags, mode);
}

extern "C" int unlinkat(int parent, const char* name, int flags) noexcept {
  return vmtelem::file_hooks::Remove(parent, name, flags);
}

extern "C" int mkdirat(int parent, const char* name, mode_t mode) noexcept {
  return vmtelem::file_hooks::MakeDirectory(parent, name, mode);
}

// The C library has a struct of that name, too.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" int flock(int fd, int operation) noexcept { return vmtelem::file_hooks::Lock(fd, operation); }
#pragma GCC diagnostic pop

extern "C" ssize_t read(int fd, void* buffer, size_t size) { return vmtelem::file_hooks::Read(fd, buffer, size); }

extern "C" int fstatvfs(int fd, struct statvfs* status) noexcept { return vmtelem::file_hooks::Space(fd, status); }

extern "C" int renameat2(int source, const char* from, int target, const char* to, unsigned flags) noexcept {
  vmtelem::file_hooks::NoteChange();
  vmtelem::file_hooks::hooks.calls.emplace_back("rename");
  vmtelem::file_hooks::CallOnce(vmtelem::file_hooks::hooks.before_rename);
  if (const int error = std::exchange(vmtelem::file_hooks::hooks.rename_error, 0); error != 0) {
    errno = error;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_renameat2, source, from, target, to, flags));
}

extern "C" int inotify_init1(int flags) noexcept {
  if (vmtelem::file_hooks::hooks.inotify_error == 0) return static_cast<int>(::syscall(SYS_inotify_init1, flags));
  errno = vmtelem::file_hooks::hooks.inotify_error;
  return -1;
}

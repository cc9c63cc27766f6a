#include "file_hooks.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace vmtelem::file_hooks {
namespace {

struct Hooks {
  std::vector<std::string> calls;
  int file_sync_error = 0, directory_sync_error = 0, rename_error = 0, inotify_error = 0;
  std::function<void()> before_rename;
} hooks;

int Sync(int fd) {
  struct stat status {};
  const bool is_directory = ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  hooks.calls.emplace_back(is_directory ? "sync directory" : "sync file");
  const int error = is_directory ? hooks.directory_sync_error : hooks.file_sync_error;
  if (error == 0) return static_cast<int>(::syscall(SYS_fsync, fd));
  errno = error;
  return -1;
}

}  // namespace

void Reset() { hooks = {}; }
const std::vector<std::string>& Calls() { return hooks.calls; }
void FailFileSync(int error) { hooks.file_sync_error = error; }
void FailDirectorySync(int error) { hooks.directory_sync_error = error; }
void FailRename(int error) { hooks.rename_error = error; }
void BeforeRename(std::function<void()> call) { hooks.before_rename = std::move(call); }
void FailInotify(int error) { hooks.inotify_error = error; }

}  // namespace vmtelem::file_hooks

extern "C" int fsync(int fd) { return vmtelem::file_hooks::Sync(fd); }

extern "C" int renameat2(int source, const char* from, int target, const char* to, unsigned flags) noexcept {
  vmtelem::file_hooks::hooks.calls.emplace_back("rename");
  if (const auto call = std::exchange(vmtelem::file_hooks::hooks.before_rename, nullptr)) call();
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

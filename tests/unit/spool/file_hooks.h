#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// fsync(), renameat2() and other calls of this program, in place of the C library's: they can be made to fail, or to
// answer as file systems do that are not at hand, and the first two note each call.
namespace vmtelem::file_hooks {

void Reset();

// "sync file", "sync directory", "rename", in the order of the calls since Reset().
const std::vector<std::string>& Calls();

// From now on fsync() of files, of directories fails with this error; 0: it works.
void FailFileSync(int error);
void FailDirectorySync(int error);
// From now on no file of that kind can be made: openat() fails with this error for what is written beside its place.
void FailOpen(int error);
// How often that has happened since Reset().
int FailedOpens();
// Ends this process as kill -9 does, before it makes its Nth further call that changes a file or a directory.
void KillBeforeChange(int n);
// Each unlinkat() that has removed something calls this.
void AfterRemoving(std::function<void()> call);
// The next renameat2() fails with this error.
void FailRename(int error);
// The next renameat2() calls this first.
void BeforeRename(std::function<void()> call);
// inotify is not to be had.
void FailInotify(int error);
// The next mkdirat() calls this first, or when it has made the directory.
void BeforeMakingDirectory(std::function<void()> call);
void AfterMakingDirectory(std::function<void()> call);
// From now on flock() refuses descriptors that cannot write, as NFS does.
void LockOnlyWriters();
// So many calls of read() of files fail with this error, beginning with the next.
void FailReads(int error, int times);
// From now on so many bytes of a large file system are free, whatever is written or removed, and it counts no inodes.
void FreezeFreeSpace(std::uint64_t bytes);

}  // namespace vmtelem::file_hooks

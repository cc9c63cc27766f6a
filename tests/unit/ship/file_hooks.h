#pragma once

#include <functional>
#include <string>
#include <vector>

// fsync(), renameat2() and inotify_init1() of this program, in place of the C library's: they can be made to fail,
// which a real system does not do on demand, and the first two note each call.
namespace vmtelem::file_hooks {

void Reset();

// "sync file", "sync directory", "rename", in the order of the calls since Reset().
const std::vector<std::string>& Calls();

// From now on fsync() of files, of directories fails with this error; 0: it works.
void FailFileSync(int error);
void FailDirectorySync(int error);
// The next renameat2() fails with this error.
void FailRename(int error);
// The next renameat2() calls this first.
void BeforeRename(std::function<void()> call);
// inotify is not to be had.
void FailInotify(int error);

}  // namespace vmtelem::file_hooks

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/file_io.h"

// Directories that only their owner may enter. Everything below one is reached by its descriptor, so that nobody can
// put a link in the way. No function throws; an error_code is that of the system call that failed.
namespace vmtelem {

// Opens a directory; makes it, and missing ones above it, with mode 0700 whatever the umask is, and durably.
IoResult<FileDescriptor> OpenOrMakeDirectory(const std::string& path);

// The same for `name` in `parent`. It belongs to the owner of `parent` even if root makes it, so that a service that is
// not root can go on after an administrator began.
IoResult<FileDescriptor> OpenOrMakeDirectory(const FileDescriptor& parent, const std::string& name);

// If we are root, gives `file` to the owner of `directory`.
std::error_code GiveToOwnerOf(const FileDescriptor& directory, const FileDescriptor& file);

// Makes a file that was made just now its owner's alone, mode 0600 whatever the umask is, and gives it to the owner of
// `directory`.
std::error_code MakePrivate(const FileDescriptor& directory, const FileDescriptor& made);

// Calls `visit` with each name in the directory but "." and "..", in no order. `visit` may not change the directory.
std::error_code ForEachName(const FileDescriptor& directory, const std::function<void(const char* name)>& visit);

// Gives the file `from` in the directory the name `to`; file_exists if there is one already.
std::error_code RenameNew(const FileDescriptor& directory, const std::string& from, const std::string& to);

// Makes the names in the directory survive a power cut, as far as its file system knows how.
std::error_code SyncDirectory(const FileDescriptor& directory);

// When its content changed last, by the clock of its file system; 0 if that is not known. Also of a file.
std::int64_t ChangedAtNs(const FileDescriptor& directory);

// True if `path` refers to the directory that is open.
bool IsAt(const FileDescriptor& directory, const std::string& path);

// True if `path` refers to something else, or to nothing. False if that is not known.
bool IsGoneFrom(const FileDescriptor& directory, const std::string& path);

// True if the directory that is open was removed: no path will refer to it again. False if that is not known.
bool IsRemoved(const FileDescriptor& directory);

}  // namespace vmtelem

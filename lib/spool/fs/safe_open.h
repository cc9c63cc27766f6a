#pragma once

#include <functional>
#include <string>

#include "spool/fs/directory.h"

// Files at names that others know beforehand. Where the spool belongs to a service, root must not be led to change a
// file that the service could not: by a second name for it, put where the spool makes a file of its own.
namespace vmtelem {

// Opens the file `name` in `directory` with the flags of open(2), never a link. If it is not there it is made, with
// mode 0600 whatever the umask is, for the owner of the directory. A file that was there stays as it is; it is an error
// if that is no regular file, or is not the owner's of the directory and has another name besides.
IoResult<FileDescriptor> OpenOrMakeFile(const FileDescriptor& directory, const char* name, int flags);

// The same of a file that is there: no_such_file_or_directory if it is not.
IoResult<FileDescriptor> OpenOwnFile(const FileDescriptor& directory, const char* name, int flags);

// Locks (flock) the file that `open` gives for an access mode, without waiting: operation_would_block if another
// process has the lock. The descriptor can only read if the file system is content with that: one that can write would
// stand in the way of a remount as read-only, and could not be had after one. NFS, which makes flock() out of record
// locks, asks for one that can write (flock(2)).
IoResult<FileDescriptor> OpenAndLock(const std::function<IoResult<FileDescriptor>(int access)>& open);

// True if the file has further names, so that to write to it changes something else too, such as a copy of the spool
// that is made of links.
bool HasAnotherName(const FileDescriptor& directory, const std::string& name);

// True if `name` in `directory` no longer refers to `file`, which is open. False if that is not known.
bool IsReplaced(const FileDescriptor& file, const FileDescriptor& directory, const char* name);

}  // namespace vmtelem

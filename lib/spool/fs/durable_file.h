#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include "spool/fs/directory.h"

namespace vmtelem {

// Makes the file `name` (mode 0600) in `directory` with these bytes. When this returns without an error the file
// outlives a power cut; before that, and after an error, there is no file of that name: it is written beside its place,
// synced, given its name, and then the directory is synced. Never replaces a file: file_exists.
//
// An error of fsync() is final for this attempt, since the kernel may have dropped what it could not write and say
// nothing the next time (fsync(2)); another attempt has to write everything again.
std::error_code WriteDurably(const FileDescriptor& directory, const std::string& name, std::string_view bytes);

// The same; the file stays locked (flock) until the descriptor, which can read and write, is closed.
IoResult<FileDescriptor> WriteAndHold(const FileDescriptor& directory, const std::string& name, std::string_view bytes);

// The name that a file has while it is written.
std::string UnfinishedName(std::string_view name);
bool IsUnfinishedName(std::string_view name);

// Removes the files that processes left which ended while they wrote. A process that still writes holds a lock (flock)
// on its file, which the kernel takes back however the process ends; a process number in the name could not show this
// across containers. Returns how many.
std::size_t RemoveUnfinished(const FileDescriptor& directory);

}  // namespace vmtelem

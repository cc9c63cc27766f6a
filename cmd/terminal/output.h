#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vmtelem {

// Writes all of it to standard output, unbuffered, so that a full disk is noticed. kClosed: the reader has gone. kIo:
// the rest.
Result<void> WriteOutput(int fd, std::string_view text);

// Replaces a file as a whole: a reader sees the old content or the new. Follows a symbolic link and keeps the mode of
// the file that was there. What is not a regular file (/dev/stdout, a FIFO) is written in place. kCannotCreate, kIo.
Result<void> ReplaceFile(const std::string& path, std::string_view text);

// The start of the file that ReplaceFile() would replace, at most so many bytes. Empty if there is none that can be
// read, and where it would be written in place, which is not touched.
std::string ReadReplaced(const std::string& path, std::size_t max_bytes);

}  // namespace vmtelem

#pragma once

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

}  // namespace vmtelem

#pragma once

#include <string>

#include "base/result.h"

namespace vmtelem {

// All of a file of settings, which is at most 1 MiB. The error names the file and what is wrong with it, kInvalid. Such
// files are read again while the program runs: a FIFO that nobody has open for writing is not waited for, and is empty.
Result<std::string> ReadTextFile(const std::string& path);

}  // namespace vmtelem

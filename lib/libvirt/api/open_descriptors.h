#pragma once

#include <cstddef>
#include <optional>

// What is open in this process. With thousands of descriptors open these are ten times as quick as a walk through
// /proc/self/fd, and each attempt to connect asks. Thread-safe.
namespace vmtelem {

// Every descriptor of this process is below this number, which the kernel's table has room for. It is read from /proc:
// nothing if no descriptor is left to read it with.
std::optional<int> DescriptorTableSize();

// How many descriptors with a number below the limit are open: a limit that was lowered leaves others open, and they
// take nobody's place. Nothing as above.
std::optional<std::size_t> CountOpenDescriptors(std::size_t limit);

}  // namespace vmtelem

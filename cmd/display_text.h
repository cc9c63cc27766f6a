#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Text and numbers on their way to a terminal.
namespace vmtelem {

// `text` with all that could move a cursor, reverse the reading order or end a line written as \u009b, and with
// invalid UTF-8 replaced by U+FFFD.
std::string ForDisplay(std::string_view text);

// The columns that `text`, as ForDisplay() gives it, takes on a terminal: 2 for wide characters, 0 for combining ones.
std::size_t DisplayWidth(std::string_view text);

// To be read, not to be reckoned with: 65KiB, 512MiB, 2.0GiB.
std::string RoughSize(std::uint64_t bytes);

}  // namespace vmtelem

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text of foreign origin on its way to a terminal.
namespace vmtelem {

// `text` with all that could move a cursor, reverse the reading order or end a line written as \u009b, and with
// invalid UTF-8 replaced by U+FFFD.
std::string ForDisplay(std::string_view text);

// The columns that `text`, as ForDisplay() gives it, takes on a terminal: 2 for wide characters, 0 for combining ones.
std::size_t DisplayWidth(std::string_view text);

}  // namespace vmtelem

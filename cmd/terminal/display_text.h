#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Sizes of text, and numbers, on their way to a terminal.
namespace vmtelem {

// The columns that `text`, as VisibleText() gives it, takes on a terminal: 2 for wide characters, 0 for combining ones.
std::size_t DisplayWidth(std::string_view text);

// To be read, not to be reckoned with: 65KiB, 512MiB, 2.0GiB.
std::string RoughSize(std::uint64_t bytes);

}  // namespace vmtelem

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vmtelem {

// The length in bytes of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t Utf8SequenceLength(std::string_view text);

// `text` with each byte that is not part of well-formed UTF-8 replaced by U+FFFD.
std::string RepairUtf8(std::string_view text);

}  // namespace vmtelem

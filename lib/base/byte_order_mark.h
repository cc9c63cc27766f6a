#pragma once

#include <string_view>

// The bytes that some editors put before a text to show its encoding; they are no part of the text. Pure functions.
namespace vmtelem {

inline constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

// `text` without the mark of UTF-8, if it begins with one.
inline std::string_view WithoutUtf8Mark(std::string_view text) {
  return text.substr(text.substr(0, kUtf8Mark.size()) == kUtf8Mark ? kUtf8Mark.size() : 0);
}

// `text` begins with a mark of UTF-16, in either order of bytes.
inline bool HasUtf16Mark(std::string_view text) {
  return text.substr(0, 2) == "\xFF\xFE" || text.substr(0, 2) == "\xFE\xFF";
}

}  // namespace vmtelem

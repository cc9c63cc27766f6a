#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <locale.h>

namespace vmtelem {

// The length in bytes of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t Utf8SequenceLength(std::string_view text);

// A character at the start of a text.
struct Utf8Character {
  char32_t code_point;     // kBadByte + the byte where it is not part of well-formed UTF-8
  std::string_view bytes;  // of `text`
};
inline constexpr char32_t kBadByte = 0x110000;  // beyond Unicode
// Takes the first character off `text`, which is not empty.
Utf8Character TakeUtf8(std::string_view& text);

// The code points of `text`, as TakeUtf8() gives them.
std::u32string DecodeUtf8(std::string_view text);

// `text` with each byte that is not part of well-formed UTF-8 replaced by U+FFFD.
std::string RepairUtf8(std::string_view text);

// The start of `text`, at most `max_bytes` long and cut before a character rather than in it.
std::string_view CutUtf8(std::string_view text, std::size_t max_bytes);

// The properties of characters whatever the user's locale is, for iswctype_l(3) and uselocale(3); where the system has
// no C.UTF-8, those of ASCII. It is never freed. Any thread.
locale_t Utf8Locale();

}  // namespace vmtelem

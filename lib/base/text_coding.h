#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Undoes the ways in which programs write one text within another, and keeps track of where each byte came from. For
// searching texts of unknown origin: bytes that are no escape stay as they are. Pure functions.
namespace vmtelem {

// A text that was decoded from another one, with the part of that one from which each byte came.
struct DecodedText {
  struct Part {
    std::size_t begin = 0, end = 0;
  };
  std::string bytes;
  std::vector<Part> parts;  // one for each byte
};

// A way of writing some characters as several others.
enum class Escapes {
  kPercent,          // %41 %u0041
  kForm,             // %41, and a plus for a blank
  kBackslash,        // \u0041 \x41 \101 \/
  kQuotedPrintable,  // =41, and lines that end with =
  kEntities,         // &#65; &#x41; &amp;
  kAny,              // all of these but the plus
};

// `text` with its ASCII letters made small.
std::string Lowercase(std::string_view text);

DecodedText NotDecoded(std::string_view text);
// `text` with one level of escapes undone.
DecodedText WithoutEscapes(const DecodedText& text, Escapes escapes);
// Where the first escape begins, in the text from which `text` was decoded; npos if there is none.
std::size_t FindEscape(const DecodedText& text, Escapes escapes);

DecodedText WithoutBlanks(const DecodedText& text);

// The bytes whose numbers `text` gives, one word for each (107 74 56, 107,74,56, 6b:4a:38, 0x6b, 0x4a), to base 8, 10
// or 16. The characters between the words are passed over; a word that is no such number is a NUL.
DecodedText DecodedNumbers(const DecodedText& text, int base);

// The bytes that the digits in `text` stand for, of either alphabet of base64 (6 bits) or hexadecimal (4 bits). The
// first `skipped` digits of each run are left out: nobody knows where a quotation begins. Blanks within a run are
// passed over, and within hexadecimal also : and -. Between two runs stands a NUL.
enum class Digits { kHex = 4, kBase64 = 6 };
DecodedText DecodedDigits(const DecodedText& text, Digits digits, std::size_t skipped);

}  // namespace vmtelem

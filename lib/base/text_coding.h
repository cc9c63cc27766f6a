#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// The ways in which programs write a text within another one, undone so that it is still known where each byte came
// from. For looking into texts of unknown make: whatever is no escape stays as it is. Pure functions.
namespace vmtelem {

// A text out of another one. Each of its bytes comes from a part of that.
struct DecodedText {
  struct Part {
    std::size_t begin = 0, end = 0;
  };
  std::string bytes;
  std::vector<Part> parts;  // one for each byte
};

enum class Escapes {
  kPercent,          // %41 %u0041
  kForm,             // %41, and a plus for a blank
  kBackslash,        // \u0041 \x41 \101 \/
  kQuotedPrintable,  // =41, and lines that end with =
  kEntities,         // &#65; &#x41; &amp;
  kAny,              // all of these but the plus
};

// Of ASCII letters.
std::string Lowercase(std::string_view text);

DecodedText NotDecoded(std::string_view text);
// One level of escapes taken away.
DecodedText WithoutEscapes(const DecodedText& text, Escapes escapes);
// Where the first of them begins, in the text that `text` came from; npos if there is none.
std::size_t FindEscape(const DecodedText& text, Escapes escapes);

DecodedText WithoutBlanks(const DecodedText& text);

// The bytes whose numbers `text` gives, one word for each (107 74 56, 107,74,56, 6b:4a:38, 0x6b, 0x4a), to base 8, 10
// or 16. Whatever stands between the words is passed over; a word that is no such number is a NUL.
DecodedText DecodedNumbers(const DecodedText& text, int base);

// What the digits in `text` say, of either alphabet of base64 (6 bits) or hexadecimal (4 bits), if in each run of
// digits the first `skipped` stand apart: nobody knows where a quotation begins. Blanks within a run are passed over,
// and within hexadecimal also : and -. Between two runs stands a NUL.
enum class Digits { kHex = 4, kBase64 = 6 };
DecodedText DecodedDigits(const DecodedText& text, Digits digits, std::size_t skipped);

}  // namespace vmtelem

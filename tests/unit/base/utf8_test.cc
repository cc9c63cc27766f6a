#include "base/utf8.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";

TEST_CASE("well-formed UTF-8 is left alone") {
  for (const char* text : {"", "web 01", "b\xC3\xBCro", "\xE2\x82\xAC", "\xF0\x9F\x90\xA7", "\xF4\x8F\xBF\xBF"}) {
    CHECK(RepairUtf8(text) == text);
  }
}

struct BrokenCase {
  std::string text, expected;
};

TEST_CASE("each byte outside well-formed UTF-8 becomes U+FFFD") {
  const std::string r = kReplacement;
  const auto row = GENERATE_COPY(values<BrokenCase>({
      {"\xFF", r},                          // never legal
      {"a\x80z", "a" + r + "z"},            // a continuation without a lead
      {"\xC3", r},                          // cut short
      {"\xE2\x82", r + r},                  // cut short
      {"\xC0\xAF", r + r},                  // overlong
      {"\xE0\x80\xAF", r + r + r},          // overlong
      {"\xED\xA0\x80", r + r + r},          // a surrogate
      {"\xF4\x90\x80\x80", r + r + r + r},  // beyond U+10FFFF
      {"\xC3\xC3\xBC", r + "\xC3\xBC"},     // resynchronises at the next lead
  }));
  CHECK(RepairUtf8(row.text) == row.expected);
}

TEST_CASE("a repaired text needs no further repair") {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text{static_cast<char>(a), static_cast<char>(b), '\xBF'};
      const std::string once = RepairUtf8(text);
      REQUIRE(RepairUtf8(once) == once);
    }
  }
}

TEST_CASE("a text is decoded character by character, and a byte that is none equals no character") {
  CHECK(DecodeUtf8("aü\u3042😀") == U"aü\u3042😀");
  CHECK(DecodeUtf8("\xC3"
                   "a\xFF") == std::u32string{kBadByte + 0xC3, U'a', kBadByte + 0xFF});
  CHECK(DecodeUtf8(std::string("\0", 1)) == std::u32string(1, U'\0'));
  CHECK(DecodeUtf8("").empty());
}

}  // namespace
}  // namespace vmtelem

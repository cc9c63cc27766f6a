#include "base/visible_text.h"

#include <catch2/catch.hpp>

#include "base/utf8.h"

namespace vmtelem {
namespace {

TEST_CASE("visible text stays as it is") {
  for (const char* text : {"", "web 01", "büro \\ \"x\" 'y'", "\u3042\u3042", "e\u0301", "😀", "\u00A0", "\uFFFD"}) {
    CHECK(VisibleText(text) == text);
  }
}

TEST_CASE("characters that could move a cursor, end a line or hide are written out") {
  const auto [text, visible] = GENERATE(table<std::string, std::string>({
      {"a\nb\r\t", R"(a\u000ab\u000d\u0009)"},
      {"\x1b[31m\x7f", R"(\u001b[31m\u007f)"},
      {"\u0085\u009b31m", R"(\u0085\u009b31m)"},
      {"\u2028\u2029", R"(\u2028\u2029)"},
      {"\u200e\u200f\u061c", R"(\u200e\u200f\u061c)"},
      {"\u202a\u202e\u2066\u2069", R"(\u202a\u202e\u2066\u2069)"},
      {"we\u200bb\u200c\u200d", R"(we\u200bb\u200c\u200d)"},
      {"\u00ad\u034f\u2060\ufeff", R"(\u00ad\u034f\u2060\ufeff)"},
      {"\u3164\ufe0f\ufff9", R"(\u3164\ufe0f\ufff9)"},
      {"\U000E0041\U000E0100", R"(\udb40\udc41\udb40\udd00)"},
      {std::string("\0", 1), R"(\u0000)"},
  }));
  CHECK(VisibleText(text) == visible);
}

TEST_CASE("bytes that are not UTF-8 are shown as U+FFFD") { CHECK(VisibleText("a\x9b\xff") == "a\uFFFD\uFFFD"); }

TEST_CASE("line ends stay between lines") {
  CHECK(VisibleLines("a\n\nb\u202e\n") == "a\n\nb\\u202e\n");
  CHECK(VisibleLines("a\nb") == "a\nb");
  CHECK(VisibleLines("").empty());
}

TEST_CASE("text that is visible stays as it is when it is made visible again") {
  for (char32_t c = 0; c < 0x300; ++c) {
    const std::string text{static_cast<char>(c >> 6 | 0xC0), static_cast<char>((c & 0x3F) | 0x80)};
    REQUIRE(VisibleText(VisibleText(text)) == VisibleText(text));
  }
}

}  // namespace
}  // namespace vmtelem

#include "base/glob.h"

#include <chrono>
#include <string>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

struct Row {
  std::string pattern, matching, other;
};

TEST_CASE("a pattern matches as glob(7) says") {
  const auto [pattern, matching, other] = GENERATE(values<Row>({
      {"", "", "a"},
      {"web", "web", "web1"},
      {"web", "web", "WEB"},
      {"w*b*", "web 01", "ew"},
      {"*b/0*", "web/01", "web01"},
      {"*a*b", "xaxbxb", "xbxa"},
      {"?", "/", ""},
      {".?", ".x", "x."},
      {"[ab]", "b", "c"},
      {"[!ab]", "c", "a"},
      {"[^ab]", "c", "b"},
      {"[a-c]x", "bx", "dx"},
      {"[]a]", "]", "b"},
      {"[!]a]", "b", "]"},
      {"[a-]", "-", "b"},
      {"[--0]", ".", "1"},
      {"[a-c-e]", "-", "d"},
      {"[*?]", "?", "a"},
      {"[[]", "[", "]"},
      {"[a", "[a", "a"},
      {"[", "[", ""},
      {"[!", "[!", "a"},
      {"[]", "[]", "]"},
      {"[a[b*", "[a[bc", "ab"},
      {"[[:alpha:]", "[[:alpha:]", "[a"},
      {"\\*", "*", "a"},
      {"[\\]-a]", "^", "["},
      {"[a\\-c]", "-", "b"},
      {"a\\", "a\\", "a"},
      {"[[:digit:]x]", "7", "a"},
      {"[![:digit:]]", "a", "7"},
      {"[[:nosuch:]a]", "a", ":"},
      {"[[.-.]-0]", ".", "1"},
      {"[[=a=]b]", "a", "="},
  }));
  CAPTURE(pattern);
  CHECK(MatchesGlob(pattern, matching));
  CHECK_FALSE(MatchesGlob(pattern, other));
}

TEST_CASE("a star matches everything, and a range from later to earlier nothing") {
  const auto* text = GENERATE("", "a", "c", ".b/\n", "ü\xFF");
  CHECK(MatchesGlob("*", text));
  CHECK(MatchesGlob("**", text));
  CHECK_FALSE(MatchesGlob("[c-a]", text));
}

TEST_CASE("a character is one of Unicode and not a byte") {
  const auto [pattern, matching, other] = GENERATE(values<Row>({
      {"b?ro", "büro", "bro"},
      {"b??ro", "buuro", "büro"},
      {"b[üö]ro", "büro", "buro"},
      {"b[!ü]ro", "böro", "büro"},
      {"b[ä-ü]ro", "böro", "bzro"},
      {"[а-я]", "б", "Б"},
      {"[あ-ん]", "い", "イ"},
      {"[😀-😂]", "😁", "😃"},
      {"?", "😀", "u\u0308"},
      {"[[:alpha:]]", "ü", "1"},
      {"[[:upper:]]", "Ü", "ü"},
      {"b\\üro", "büro", "buro"},
      {"*ü", "üü", "u"},
      {"[[.ü.]]", "ü", "u"},
  }));
  CAPTURE(pattern);
  CHECK(MatchesGlob(pattern, matching));
  CHECK_FALSE(MatchesGlob(pattern, other));
}

TEST_CASE("a byte that is not UTF-8 is a character that equals only itself") {
  CHECK(MatchesGlob("b?ro*", "büro\xFF"));
  CHECK(MatchesGlob("a?", "a\xC3"));
  CHECK(MatchesGlob("a\xFF*", "a\xFF\xFE"));
  CHECK(MatchesGlob("[!a]", "\xFF"));
  CHECK_FALSE(MatchesGlob("a\xFF", "a\xFE"));
  CHECK_FALSE(MatchesGlob("?", "\xFF\xFE"));
  CHECK_FALSE(MatchesGlob("[ü]", "\xC3"));
  CHECK_FALSE(MatchesGlob("[a-\U0010FFFF]", "\xFF"));
  CHECK_FALSE(MatchesGlob("[[:alpha:][:cntrl:]]", "\xFF"));
}

TEST_CASE("many brackets take no longer than a few") {
  const std::string pattern(200'000, '[');
  const auto begin = std::chrono::steady_clock::now();
  CHECK(MatchesGlob(pattern, pattern));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("many stars take no longer than a few") {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*[a-cü]?";
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(MatchesGlob(pattern + "*b", std::string(2000, 'a')));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}

}  // namespace
}  // namespace vmtelem

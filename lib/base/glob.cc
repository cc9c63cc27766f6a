#include "base/glob.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <wctype.h>

#include "base/utf8.h"

namespace vmtelem {
namespace {

using Characters = std::u32string_view;

constexpr std::size_t kLongestName = 16;  // of a class: "xdigit"

struct Range {
  char32_t first, last;
};

// A part of a pattern: a star, or what one character may be. A question mark is none of an empty set.
struct Element {
  bool is_star = false;
  bool is_negated = false;
  std::vector<Range> ranges;
  std::vector<wctype_t> classes;
};

bool Accepts(const Element& element, char32_t c) {
  const auto in_range = [&](const Range& range) { return range.first <= c && c <= range.last; };
  const auto in_class = [&](wctype_t type) { return ::iswctype_l(static_cast<wint_t>(c), type, Utf8Locale()) != 0; };
  const bool is_listed = std::any_of(element.ranges.begin(), element.ranges.end(), in_range) ||
                         std::any_of(element.classes.begin(), element.classes.end(), in_class);
  return is_listed != element.is_negated;
}

// A backslash takes the special meaning from the character after it.
char32_t TakeCharacter(Characters& pattern) {
  if (pattern.size() > 1 && pattern[0] == U'\\') pattern.remove_prefix(1);
  const char32_t c = pattern[0];
  pattern.remove_prefix(1);
  return c;
}

// The x of "[:x:]", "[.x.]" or "[=x=]", by its mark.
std::optional<Characters> TakeBracketed(Characters& pattern, char32_t mark) {
  if (!pattern.starts_with(U'[') || pattern.substr(1, 1) != Characters(&mark, 1)) return std::nullopt;
  const std::array end{mark, U']'};
  const std::size_t size = pattern.substr(2, kLongestName + end.size()).find(Characters(end.data(), end.size()));
  if (size == Characters::npos) return std::nullopt;
  const Characters name = pattern.substr(2, size);
  pattern.remove_prefix(size + 4);
  return name;
}

// A member of a set, or an end of a range. No locale is asked which characters sort alike: each is alone.
char32_t TakeMember(Characters& pattern) {
  for (const char32_t mark : {U'.', U'='}) {
    Characters rest = pattern;
    const auto name = TakeBracketed(rest, mark);
    if (!name || name->size() != 1) continue;
    pattern = rest;
    return name->front();
  }
  return TakeCharacter(pattern);
}

wctype_t ClassOf(Characters name) {
  std::string narrow;
  for (const char32_t c : name) narrow.push_back(c < 0x80 ? static_cast<char>(c) : '?');
  return ::wctype_l(narrow.c_str(), Utf8Locale());
}

void TakeMembers(Characters& pattern, Element& set) {
  if (const auto name = TakeBracketed(pattern, U':')) {
    set.classes.push_back(ClassOf(*name));
    return;
  }
  const char32_t first = TakeMember(pattern);
  // A hyphen at the end of a set is one.
  const bool is_range = pattern.size() > 1 && pattern[0] == U'-' && pattern[1] != U']';
  if (is_range) pattern.remove_prefix(1);
  set.ranges.push_back({first, is_range ? TakeMember(pattern) : first});
}

// Takes nothing if the set is not closed: then its bracket, and each after it, is a character like others.
std::optional<Element> TakeSet(Characters& pattern) {
  Characters rest = pattern.substr(1);
  Element set;
  set.is_negated = rest.starts_with(U'!') || rest.starts_with(U'^');
  if (set.is_negated) rest.remove_prefix(1);
  do {  // a closing bracket that comes first is a member
    if (rest.empty()) return std::nullopt;
    TakeMembers(rest, set);
  } while (!rest.starts_with(U']'));
  pattern = rest.substr(1);
  return set;
}

// `sets_close`: whether a bracket may begin a set. To look again after one that is never closed would take the square
// of the length.
Element TakeElement(Characters& pattern, bool& sets_close) {
  if (sets_close && pattern[0] == U'[') {
    if (auto set = TakeSet(pattern)) return *std::move(set);
    sets_close = false;
  }
  Element element;
  element.is_star = pattern[0] == U'*';
  element.is_negated = pattern[0] == U'?';
  const bool is_literal = !element.is_star && !element.is_negated;
  const char32_t c = TakeCharacter(pattern);
  if (is_literal) element.ranges.push_back({c, c});
  return element;
}

std::vector<Element> Parse(Characters pattern) {
  std::vector<Element> elements;
  bool sets_close = true;
  while (!pattern.empty()) elements.push_back(TakeElement(pattern, sets_close));
  return elements;
}

// Where the pattern does not go on, the last star takes one character more. The elements before that star need not be
// tried again: the star could take whatever another choice would leave.
bool Matches(const std::vector<Element>& pattern, Characters text) {
  std::size_t at = 0, here = 0;
  std::optional<std::size_t> star;
  std::size_t after_star = 0;
  while (here < text.size()) {
    if (at < pattern.size() && pattern[at].is_star) {
      star = at++;
      after_star = here;
    } else if (at < pattern.size() && Accepts(pattern[at], text[here])) {
      ++at;
      ++here;
    } else if (star) {
      at = *star + 1;
      here = ++after_star;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(at), pattern.end(),
                     [](const Element& element) { return element.is_star; });
}

}  // namespace

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  return Matches(Parse(DecodeUtf8(pattern)), DecodeUtf8(text));
}

}  // namespace vmtelem

#include "base/visible_text.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/utf8.h"

namespace vmtelem {
namespace {

struct Range {
  char32_t first, last;
};

// Control characters and line ends; what Unicode 15 calls Default_Ignorable_Code_Point (DerivedCoreProperties.txt),
// which has the marks of the bidirectional algorithm, zero-width characters, joiners, variation selectors and tags; and
// the marks of interlinear annotations.
constexpr Range kHidden[] = {
    {0x0000, 0x001F}, {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C},
    {0x115F, 0x1160}, {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F}, {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool IsHidden(char32_t c) {
  return std::any_of(std::begin(kHidden), std::end(kHidden),
                     [&](const Range& range) { return range.first <= c && c <= range.last; });
}

std::string Escape(char32_t c) {
  const auto code_point = static_cast<unsigned>(c);
  if (code_point < 0x10000) return fmt::format("\\u{:04x}", code_point);
  const unsigned rest = code_point - 0x10000;  // a pair of surrogates
  return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
}

}  // namespace

std::string VisibleText(std::string_view text) {
  const std::string repaired = RepairUtf8(text);
  std::string visible;
  visible.reserve(repaired.size());
  for (std::string_view rest = repaired; !rest.empty();) {
    const Utf8Character character = TakeUtf8(rest);
    if (IsHidden(character.code_point)) {
      visible += Escape(character.code_point);
    } else {
      visible += character.bytes;
    }
  }
  return visible;
}

std::string VisibleLines(std::string_view text) {
  std::string visible;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    visible += VisibleText(text.substr(0, end));
    if (end == std::string_view::npos) break;
    visible += '\n';
    text.remove_prefix(end + 1);
  }
  return visible;
}

}  // namespace vmtelem

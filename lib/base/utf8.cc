#include "base/utf8.h"

#include <algorithm>

namespace vmtelem {
namespace {

// Lead byte ranges and the range of the second byte (Unicode 15, table 3-7: no surrogates, no overlong forms).
struct Form {
  unsigned char lead_first, lead_last, second_first, second_last;
  std::size_t length;
};

constexpr Form kForms[] = {
    {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

bool Matches(const Form& form, std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < form.lead_first || lead > form.lead_last || text.size() < form.length) return false;
  if (form.length == 1) return true;
  const auto second = static_cast<unsigned char>(text[1]);
  return second >= form.second_first && second <= form.second_last &&
         std::all_of(text.begin() + 2, text.begin() + static_cast<std::ptrdiff_t>(form.length), IsContinuation);
}

}  // namespace

std::size_t Utf8SequenceLength(std::string_view text) {
  if (text.empty()) return 0;
  for (const Form& form : kForms) {
    if (Matches(form, text)) return form.length;
  }
  return 0;
}

Utf8Character TakeUtf8(std::string_view& text) {
  const std::size_t length = Utf8SequenceLength(text);
  const std::string_view bytes = text.substr(0, length == 0 ? 1 : length);
  text.remove_prefix(bytes.size());
  const auto lead = static_cast<unsigned char>(bytes[0]);
  if (length == 0) return {kBadByte + lead, bytes};
  char32_t code_point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (const char byte : bytes.substr(1)) {
    code_point = (code_point << 6) | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  return {code_point, bytes};
}

std::u32string DecodeUtf8(std::string_view text) {
  std::u32string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) decoded.push_back(TakeUtf8(text).code_point);
  return decoded;
}

std::string RepairUtf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const Utf8Character character = TakeUtf8(text);
    repaired.append(character.code_point < kBadByte ? character.bytes : "\xEF\xBF\xBD");
  }
  return repaired;
}

std::string_view CutUtf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && IsContinuation(text[max_bytes])) --max_bytes;
  return text.substr(0, max_bytes);
}

locale_t Utf8Locale() {
  static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  static const locale_t locale = utf8 != nullptr ? utf8 : ::newlocale(LC_CTYPE_MASK, "C", nullptr);
  return locale;
}

}  // namespace vmtelem

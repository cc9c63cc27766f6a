#include "cmd/display_text.h"

#include <clocale>
#include <cwchar>

#include <fmt/format.h>

#include "base/utf8.h"

namespace vmtelem {
namespace {

char32_t Decode(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead;
  char32_t code_point = lead & (0xFFU >> (sequence.size() + 1));
  for (const char byte : sequence.substr(1)) {
    code_point = (code_point << 6) | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  return code_point;
}

bool IsUnsafe(char32_t c) {
  const bool is_control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
  const bool is_line_end = c == 0x2028 || c == 0x2029;
  // The marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX #9).
  const bool is_bidi =
      c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  return is_control || is_line_end || is_bidi;
}

// wcwidth() answers by the thread's locale, and the user's may be C.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) previous_ = ::uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    ::uselocale(previous_);
    ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_;
  locale_t previous_{};
};

template <class Visit>
void ForEachSequence(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    visit(text.substr(0, length == 0 ? 1 : length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace

std::string ForDisplay(std::string_view text) {
  const std::string repaired = RepairUtf8(text);
  std::string shown;
  ForEachSequence(repaired, [&](std::string_view sequence) {
    const char32_t c = Decode(sequence);
    if (IsUnsafe(c)) {
      shown += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      shown += sequence;
    }
  });
  return shown;
}

std::size_t DisplayWidth(std::string_view text) {
  const Utf8Locale locale;
  std::size_t width = 0;
  ForEachSequence(text, [&](std::string_view sequence) {
    const int columns = ::wcwidth(static_cast<wchar_t>(Decode(sequence)));
    width += columns < 0 ? 1 : static_cast<std::size_t>(columns);
  });
  return width;
}

std::string RoughSize(std::uint64_t bytes) {
  const double kib = static_cast<double>(bytes) / 1024;
  if (kib < 1024) return fmt::format("{:.0f}KiB", kib);
  if (kib < 1024.0 * 1024) return fmt::format("{:.0f}MiB", kib / 1024);
  const double gib = kib / 1024 / 1024;
  return gib < 1024 ? fmt::format("{:.1f}GiB", gib) : fmt::format("{:.1f}TiB", gib / 1024);
}

}  // namespace vmtelem

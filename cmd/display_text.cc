#include "cmd/display_text.h"

#include <cwchar>

#include <fmt/format.h>

#include "base/utf8.h"

namespace vmtelem {
namespace {

bool IsUnsafe(char32_t c) {
  const bool is_control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
  const bool is_line_end = c == 0x2028 || c == 0x2029;
  // The marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX #9).
  const bool is_bidi =
      c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  return is_control || is_line_end || is_bidi;
}

// wcwidth() answers by the thread's locale, and the user's may be C.
class Utf8Thread {
 public:
  Utf8Thread() : previous_(::uselocale(Utf8Locale())) {}
  ~Utf8Thread() { ::uselocale(previous_); }
  Utf8Thread(const Utf8Thread&) = delete;
  Utf8Thread& operator=(const Utf8Thread&) = delete;

 private:
  locale_t previous_;
};

}  // namespace

std::string ForDisplay(std::string_view text) {
  const std::string repaired = RepairUtf8(text);
  std::string shown;
  for (std::string_view rest = repaired; !rest.empty();) {
    const Utf8Character character = TakeUtf8(rest);
    if (IsUnsafe(character.code_point)) {
      shown += fmt::format("\\u{:04x}", static_cast<unsigned>(character.code_point));
    } else {
      shown += character.bytes;
    }
  }
  return shown;
}

std::size_t DisplayWidth(std::string_view text) {
  const Utf8Thread locale;
  std::size_t width = 0;
  while (!text.empty()) {
    const int columns = ::wcwidth(static_cast<wchar_t>(TakeUtf8(text).code_point));
    width += columns < 0 ? 1 : static_cast<std::size_t>(columns);
  }
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

#include "cmd/terminal/display_text.h"

#include <cwchar>

#include <fmt/format.h>

#include "base/utf8.h"

namespace vmtelem {
namespace {

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

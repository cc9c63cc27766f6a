#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <fnmatch.h>

#include "base/glob.h"
#include "base/utf8.h"

// A pattern and a text with a NUL between them.
namespace {

using vmtelem::MatchesGlob;

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// Where the two leave nothing open: no bytes that a locale would explain, no names in brackets, no escapes, and no
// range at the end of a set that is not closed.
bool IsPlain(const std::string& text) {
  const auto is_ascii = [](char c) { return c > 0; };
  return std::all_of(text.begin(), text.end(), is_ascii) && text.find("[:") == std::string::npos &&
         text.find("[.") == std::string::npos && text.find("[=") == std::string::npos &&
         text.find('\\') == std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const std::string pattern = input.substr(0, input.find('\0'));
  const std::string text = pattern.size() < size ? input.substr(pattern.size() + 1) : "";
  const bool matches = MatchesGlob(pattern, text);
  if (matches && !MatchesGlob("*" + pattern, "x" + text)) std::abort();
  if (!MatchesGlob(Escaped(text), text) || !MatchesGlob(Escaped(text) + "*", text + "x")) std::abort();
  if (!MatchesGlob(std::string(vmtelem::DecodeUtf8(text).size(), '?'), text)) std::abort();
  const bool is_comparable = IsPlain(pattern) && IsPlain(text) && !pattern.ends_with('-');
  if (is_comparable && matches != (::fnmatch(pattern.c_str(), text.c_str(), 0) == 0)) std::abort();
  return 0;
}

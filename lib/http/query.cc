#include "http/query.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "base/utf8.h"

namespace vmtelem {
namespace {

// The byte that two hexadecimal digits stand for.
std::optional<char> ByteOf(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return static_cast<char>(value);
}

bool IsText(std::string_view text) { return text.find('\0') == std::string_view::npos && RepairUtf8(text) == text; }

std::optional<std::string> Decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const auto byte = ByteOf(text.substr(i + 1, 2));
    if (!byte) return std::nullopt;
    decoded += *byte;
    i += 2;
  }
  if (!IsText(decoded)) return std::nullopt;
  return decoded;
}

}  // namespace

std::optional<std::vector<HttpField>> ParseQuery(std::string_view query) {
  std::vector<HttpField> fields;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = Decode(pair.substr(0, equals));
    auto value = Decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return std::nullopt;
    fields.push_back({std::move(*name), std::move(*value)});
  }
  return fields;
}

}  // namespace vmtelem

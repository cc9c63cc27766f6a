#include "encode/last_collections.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>

#include "base/utf8.h"

namespace vmtelem {
namespace {

constexpr std::string_view kStart = "vmtelem_hypervisor_last_collection_timestamp_seconds{host=\"";

// Takes the value of a label off `text`, with the quotation mark that ends it. Absent: there is none.
std::optional<std::string> TakeLabelValue(std::string_view& text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return RepairUtf8(value);
    }
    const bool is_escape = text[i] == '\\' && i + 1 < text.size();
    if (is_escape) ++i;
    value.push_back(is_escape && text[i] == 'n' ? '\n' : text[i]);
  }
  return std::nullopt;
}

// "} 12.5", and perhaps more behind it.
std::optional<double> ReadValue(std::string_view text) {
  if (!text.starts_with("} ")) return std::nullopt;
  text.remove_prefix(2);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || !std::isfinite(value) || std::signbit(value)) return std::nullopt;
  const bool is_whole = read.ptr == text.data() + text.size() || *read.ptr == ' ' || *read.ptr == '\r';
  return is_whole ? std::optional(value) : std::nullopt;
}

}  // namespace

std::map<std::string, double> ReadLastCollections(std::string_view text) {
  std::map<std::string, double> found;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(kStart)) continue;
    line.remove_prefix(kStart.size());
    std::optional<std::string> host = TakeLabelValue(line);
    const auto value = ReadValue(line);
    if (host && value) found.emplace(*std::move(host), *value);
  }
  return found;
}

}  // namespace vmtelem

#include "config/fault.h"

#include <fmt/format.h>

#include "config/suggest.h"

namespace vmtelem {
namespace {

bool IsListOfWords(std::string_view allowed) { return allowed.find(", ") != std::string_view::npos; }

}  // namespace

std::string DescribeBadValue(const BadValue& bad) {
  std::string text = fmt::format("{}: ", bad.name);
  if (!bad.value.empty()) text += fmt::format("'{}' ", bad.value);
  text += bad.problem;
  if (!bad.allowed.empty()) text += fmt::format("; allowed {}", bad.allowed);
  if (IsListOfWords(bad.allowed)) {
    const auto nearest = NearestWord(bad.value, SplitWords(bad.allowed));
    if (nearest) text += fmt::format("; did you mean '{}'?", *nearest);
  }
  if (!bad.origin.empty()) text += fmt::format(" ({})", bad.origin);
  return text;
}

}  // namespace vmtelem

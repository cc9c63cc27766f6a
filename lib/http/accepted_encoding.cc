#include "http/accepted_encoding.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/text_coding.h"
#include "http/trimmed.h"

namespace vmtelem {
namespace {

// Takes what is before the next `mark` off `text`.
std::string_view TakeUntil(char mark, std::string_view& text) {
  const std::string_view part = text.substr(0, text.find(mark));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return Trimmed(part);
}

// A weight is 0 or 1 with up to three digits behind a point. What is none does not count, so it is as good as 0.
bool IsAboveZero(std::string_view weight) {
  const bool is_number = !weight.empty() && weight.size() <= 5 && (weight[0] == '0' || weight[0] == '1') &&
                         (weight.size() == 1 || weight[1] == '.');
  return is_number && weight.find_first_of("123456789") != std::string_view::npos &&
         weight.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool HasWeightAboveZero(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string parameter = Lowercase(TakeUntil(';', parameters));
    if (parameter.substr(0, 2) == "q=" && !IsAboveZero(Trimmed(std::string_view(parameter).substr(2)))) return false;
  }
  return true;
}

}  // namespace

bool AcceptsGzip(const std::vector<std::string_view>& accept_encoding) {
  std::optional<bool> by_name;
  std::optional<bool> by_star;
  for (std::string_view header : accept_encoding) {
    while (!header.empty()) {
      std::string_view parameters = TakeUntil(',', header);
      const std::string coding = Lowercase(TakeUntil(';', parameters));
      if (coding == "gzip" || coding == "x-gzip") by_name = by_name.value_or(false) || HasWeightAboveZero(parameters);
      if (coding == "*") by_star = HasWeightAboveZero(parameters);
    }
  }
  return by_name.value_or(by_star.value_or(false));
}

}  // namespace vmtelem

#include "base/parse.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace vmtelem {
namespace {

template <class T>
struct Unit {
  std::string_view name;
  T factor;
};

constexpr std::array<Unit<std::int64_t>, 7> kDurationUnits{{
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"ns", 1},
}};

constexpr std::array<Unit<std::uint64_t>, 9> kSizeUnits{{
    {"TiB", 1ULL << 40},
    {"GiB", 1ULL << 30},
    {"MiB", 1ULL << 20},
    {"KiB", 1ULL << 10},
    {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000},
    {"MB", 1'000'000},
    {"kB", 1'000},
    {"B", 1},
}};

struct Quantity {
  double number;
  std::string_view unit;
};

bool IsDigit(char byte) { return byte >= '0' && byte <= '9'; }

// A number that a double cannot hold is either infinite or as good as zero.
double BeyondDouble(std::string_view number) {
  const std::string_view whole = number.substr(0, number.find('.'));
  const bool is_large = whole.find_first_not_of('0') != std::string_view::npos;
  return is_large ? std::numeric_limits<double>::infinity() : 0;
}

std::optional<Quantity> SplitQuantity(std::string_view text) {
  const std::size_t first_digit = !text.empty() && text.front() == '.' ? 1 : 0;
  if (text.size() <= first_digit || !IsDigit(text[first_digit])) return std::nullopt;
  Quantity quantity{};
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), quantity.number, std::chars_format::fixed);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (error == std::errc::result_out_of_range) quantity.number = BeyondDouble(text.substr(0, length));
  quantity.unit = text.substr(length);
  return quantity;
}

// The nearest whole number of those that T has.
template <class T>
T Rounded(double number) {
  constexpr double kLeastTooLarge = 9.2e18;
  return number < kLeastTooLarge ? static_cast<T>(std::llround(number)) : std::numeric_limits<T>::max();
}

template <class Units>
auto FindUnit(const Units& units, std::string_view name) -> decltype(&units[0]) {
  const auto* found = std::find_if(units.begin(), units.end(), [&](const auto& unit) { return unit.name == name; });
  return found == units.end() ? nullptr : found;
}

// The largest unit that divides the value, so that the text is exact.
template <class Units, class T>
std::string FormatWithUnit(const Units& units, T value, std::string_view zero) {
  for (const auto& unit : units) {
    if (value != 0 && value % unit.factor == 0) return fmt::format("{}{}", value / unit.factor, unit.name);
  }
  return std::string(zero);
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

std::optional<Nanoseconds> ParseDuration(std::string_view text) {
  const auto quantity = SplitQuantity(text);
  if (!quantity) return std::nullopt;
  const auto* unit = FindUnit(kDurationUnits, quantity->unit.empty() ? "s" : quantity->unit);
  if (unit == nullptr) return std::nullopt;
  return Nanoseconds(Rounded<Nanoseconds::rep>(quantity->number * static_cast<double>(unit->factor)));
}

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  const auto quantity = SplitQuantity(text);
  if (!quantity) return std::nullopt;
  const auto* unit = FindUnit(kSizeUnits, quantity->unit);
  if (unit == nullptr) return std::nullopt;
  return Rounded<std::uint64_t>(quantity->number * static_cast<double>(unit->factor));
}

std::optional<std::uint64_t> ParseCount(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  return error == std::errc::result_out_of_range ? std::numeric_limits<std::uint64_t>::max() : value;
}

std::optional<bool> ParseBool(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, bool>, 8> kWords{{{"1", true},
                                                                     {"true", true},
                                                                     {"yes", true},
                                                                     {"on", true},
                                                                     {"0", false},
                                                                     {"false", false},
                                                                     {"no", false},
                                                                     {"off", false}}};
  for (const auto& [word, value] : kWords) {
    if (EqualsIgnoringCase(text, word)) return value;
  }
  return std::nullopt;
}

std::string FormatDuration(Nanoseconds duration) { return FormatWithUnit(kDurationUnits, duration.count(), "0s"); }

std::string FormatSize(std::uint64_t bytes) {
  // Only the binary units and the byte: 1000-based ones would print 64000 B as "64kB" beside "62.5KiB".
  constexpr std::array<Unit<std::uint64_t>, 5> kBinary{
      {kSizeUnits[0], kSizeUnits[1], kSizeUnits[2], kSizeUnits[3], kSizeUnits[8]}};
  return FormatWithUnit(kBinary, bytes, "0B");
}

}  // namespace vmtelem

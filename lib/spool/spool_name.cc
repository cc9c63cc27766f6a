#include "spool/spool_name.h"

#include <charconv>
#include <random>

#include <fmt/format.h>

namespace vmtelem {
namespace {

// Takes a number and the character after it from the front of `text`.
template <class Number>
bool TakeNumber(std::string_view& text, char after, Number& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end == text.data() + text.size() || *end != after) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

std::string FormatSpoolName(const SpoolName& name) {
  return fmt::format("{}-{}-{}-{:016x}.lp.gz", name.first_wall_ns, name.last_wall_ns, name.lines, name.sequence);
}

std::optional<SpoolName> ParseSpoolName(std::string_view text) {
  SpoolName name;
  std::string_view rest = text;
  const bool has_numbers = TakeNumber(rest, '-', name.first_wall_ns) && TakeNumber(rest, '-', name.last_wall_ns) &&
                           TakeNumber(rest, '-', name.lines) && TakeNumber(rest, '.', name.sequence, 16);
  // Numbers can be written in several ways ("007"), a name in one.
  if (!has_numbers || name.lines == 0 || FormatSpoolName(name) != text) return std::nullopt;
  return name;
}

SpoolSequence::SpoolSequence() : last_(std::uint64_t{std::random_device()()} << 32U) {}

}  // namespace vmtelem

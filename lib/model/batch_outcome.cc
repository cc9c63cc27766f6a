#include "model/batch_outcome.h"

#include <charconv>

#include <fmt/format.h>

namespace vmtelem {
namespace {

// Takes what stands before the number, and the number, from the front of `text`.
bool TakeNumber(std::string_view& text, std::string_view before, std::uint64_t& number) {
  if (text.substr(0, before.size()) != before) return false;
  text.remove_prefix(before.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc();
}

}  // namespace

std::string FormatBatchOutcome(const BatchOutcome& outcome) {
  return fmt::format("vmtelem-outcome written={} rejected={} dropped={} waiting={} reason={}\n", outcome.written,
                     outcome.rejected, outcome.dropped, outcome.waiting, outcome.reason);
}

std::optional<BatchOutcome> ParseBatchOutcome(std::string_view text) {
  constexpr std::string_view kReason = " reason=";
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  text = text.substr(0, end);
  BatchOutcome outcome;
  const bool has_numbers = TakeNumber(text, "vmtelem-outcome written=", outcome.written) &&
                           TakeNumber(text, " rejected=", outcome.rejected) &&
                           TakeNumber(text, " dropped=", outcome.dropped) &&
                           TakeNumber(text, " waiting=", outcome.waiting);
  if (!has_numbers || text.substr(0, kReason.size()) != kReason) return std::nullopt;
  outcome.reason = text.substr(kReason.size());
  return outcome;
}

}  // namespace vmtelem

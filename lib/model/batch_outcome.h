#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vmtelem {

// What became of the lines of a batch that waited in a spool, as reported by the process that delivers from it.
struct BatchOutcome {
  std::uint64_t written = 0, rejected = 0;
  std::uint64_t dropped = 0;  // nobody will ever deliver them
  std::uint64_t waiting = 0;  // in the spool, as part of another batch
  std::string reason{};       // why lines are dropped: one line for people
};

// One line, ended by \n.
std::string FormatBatchOutcome(const BatchOutcome& outcome);

// The outcome that the first line of `text` reports; nothing if FormatBatchOutcome() cannot have made it.
std::optional<BatchOutcome> ParseBatchOutcome(std::string_view text);

}  // namespace vmtelem

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vmtelem {

// The name of a file that holds one batch: all that is known of a batch without reading it. In the order of delivery.
struct SpoolName {
  std::int64_t first_wall_ns = 0, last_wall_ns = 0;  // stamps of the oldest and the newest line
  std::uint64_t sequence = 0;                        // distinguishes files of the same stamps
  std::uint32_t lines = 0;

  auto operator<=>(const SpoolName&) const = default;  // NOLINT(modernize-use-nullptr): a false alarm of clang-tidy 14
};

// "<first>-<last>-<lines>-<sequence>.lp.gz", the sequence as 16 hexadecimal digits.
std::string FormatSpoolName(const SpoolName& name);

// Nothing if FormatSpoolName() cannot have made it, or if the file would hold no line.
std::optional<SpoolName> ParseSpoolName(std::string_view text);

// Sequences that no other process gives out: a random half for the process, then a counter. Not thread-safe.
class SpoolSequence {
 public:
  SpoolSequence();

  std::uint64_t Next() { return ++last_; }

 private:
  std::uint64_t last_;
};

}  // namespace vmtelem

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

// Parsing and printing of the quantities that users write. No locale is involved. Pure functions. A number that is
// larger than its type can hold becomes the largest one, which lies beyond every range and is reported as that.
namespace vmtelem {

// A number of seconds ("1.5", ".5"), or a number with a unit: ns us ms s m h d. Absent: not a duration, or negative.
std::optional<Nanoseconds> ParseDuration(std::string_view text);

// A number of bytes with a unit: B KiB MiB GiB TiB (1024) or kB MB GB TB (1000). A bare number has no unit and is
// refused.
std::optional<std::uint64_t> ParseSize(std::string_view text);

// A whole decimal number without sign, nothing before or after it.
std::optional<std::uint64_t> ParseCount(std::string_view text);

// "1", "true", "yes", "on" and their opposites, in any case.
std::optional<bool> ParseBool(std::string_view text);

// The shortest text that parses back to the same value: "1s", "250ms", "2m", "64MiB".
std::string FormatDuration(Nanoseconds duration);
std::string FormatSize(std::uint64_t bytes);

}  // namespace vmtelem

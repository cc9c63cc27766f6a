#pragma once

#include <cstdint>
#include <string_view>

namespace vmtelem {

// Spreads over all bits what differs in few.
std::uint64_t Mix(std::uint64_t value);

// The same number for a text in every build and on every machine. Not for texts that somebody may choose to collide.
std::uint64_t HashOf(std::string_view text);

// Likewise, uniform in [0, 1): where a name belongs in a circle.
double PhaseOf(std::string_view name);

}  // namespace vmtelem

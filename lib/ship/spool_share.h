#pragma once

#include <cstdint>
#include <vector>

namespace vmtelem {

// How targets share the bound of one spool. Each fills it as it needs while the others do not; a target that finds no
// room while it holds less than its fair share, the bound by the number of targets that hold batches, claims more, and
// one that holds more than its own makes room for that with its own batches. Pure.
struct OtherShare {
  std::uint64_t held_bytes = 0;
  std::uint64_t claimed_bytes = 0;  // wants to hold so many; 0: no more than it does
};

// The most that our target may hold.
std::uint64_t OwnMaxBytes(std::uint64_t max_bytes, const std::vector<OtherShare>& others);

// What our target claims, which holds `held_bytes`; 0: nothing. It claims early, since others need time to make room.
std::uint64_t ClaimOf(std::uint64_t max_bytes, std::uint64_t held_bytes, const std::vector<OtherShare>& others);

}  // namespace vmtelem

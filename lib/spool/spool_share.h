#pragma once

#include <cstdint>
#include <vector>

namespace vmtelem {

// How targets share the bound of one spool. Each fills it as it needs while the others do not. One that finds no room
// while it holds less than its fair share, the bound by the number of targets that hold batches, claims more, and one
// that holds more than its own makes room for that with its own batches. The batches of others cost nobody his fair
// share, except where no process makes room: that leaves less to share. Pure.
struct OtherShare {
  std::uint64_t held_bytes = 0;
  std::uint64_t claimed_bytes = 0;  // wants to hold so many; 0: no more than it does
  bool is_alive = true;             // a process delivers from there, or adds to it
};

// The most that our target keeps: batches beyond it go.
std::uint64_t OwnMaxBytes(std::uint64_t max_bytes, const std::vector<OtherShare>& others);

// The most that it fills, less than that while others have not made room yet.
std::uint64_t OwnRoomBytes(std::uint64_t max_bytes, const std::vector<OtherShare>& others);

// What our target claims, which holds `held_bytes` and has found no room for `refused_bytes` more; 0: nothing. It
// claims early, since others need time to make room.
std::uint64_t ClaimOf(std::uint64_t max_bytes, std::uint64_t held_bytes, std::uint64_t refused_bytes,
                      const std::vector<OtherShare>& others);

}  // namespace vmtelem

#pragma once

#include <cstdint>
#include <string_view>

namespace vmtelem {

// The part of the hypervisors that one of several processes takes: process `index` of `count`, from 1 on. Each name
// belongs to exactly one process, and to the same one wherever and whenever it is asked. Where `count` grows by one,
// only what the new process takes moves (rendezvous hashing: the process with the highest weight for a name has it).
struct Shard {
  std::uint32_t index = 1, count = 1;

  [[nodiscard]] bool Has(std::string_view name) const;
};

}  // namespace vmtelem

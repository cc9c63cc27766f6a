#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "spool/spool_quota.h"

namespace vmtelem {

// How much a spool can hold, and how fast it fills.
struct SpoolCapacity {
  std::uint64_t room_bytes = 0;   // for batches of all targets, with those that wait now
  std::uint64_t bytes_per_s = 0;  // that came to this target when it was last written down; 0: not known

  // How long an outage it outlasts, if `bytes_per_s` is known.
  [[nodiscard]] double hours() const {
    return static_cast<double>(room_bytes) / static_cast<double>(bytes_per_s) / 3600;
  }
};

// The capacity of a spool, whether it is there yet or not; nothing if it cannot be found out. Changes nothing. `target`
// as SpoolTargetName() makes it. From any process.
std::optional<SpoolCapacity> LookAtSpool(const std::string& root, const std::string& target, const SpoolLimits& limits);

}  // namespace vmtelem

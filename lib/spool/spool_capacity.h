#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "spool/spool_quota.h"

namespace vmtelem {

struct SpoolCapacity {
  std::uint64_t room_bytes = 0;   // for batches of all targets, those that wait now included
  std::uint64_t bytes_per_s = 0;  // that came to this target when it was last written down; 0: not known
};

// What a spool would take, whether it is there yet or not; nothing if that cannot be told. Changes nothing. `target` as
// SpoolTargetName() makes it. Any process, whoever delivers.
std::optional<SpoolCapacity> LookAtSpool(const std::string& root, const std::string& target, const SpoolLimits& limits);

}  // namespace vmtelem

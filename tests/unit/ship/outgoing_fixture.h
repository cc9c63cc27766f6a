#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "sample_lines.h"
#include "ship/outgoing_batch.h"

namespace vmtelem {

constexpr std::size_t kAnySize = std::numeric_limits<std::size_t>::max();

inline OutgoingBatch Outgoing(std::size_t lines) { return OutgoingBatch({SpooledBatch{1, SampleBatch(0, lines)}}); }

inline std::string NextBytes(OutgoingBatch& batch, std::uint64_t accepted = 0) {
  return batch.Next(accepted, kAnySize)->bytes();
}

}  // namespace vmtelem

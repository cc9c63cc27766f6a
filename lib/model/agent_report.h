#pragma once

#include <cstdint>

#include "base/clock.h"

namespace vmtelem {

// How many of the lines that were ever sampled are where. At all times
// sampled + recovered = queued + spooled + in_flight + written + rejected + dropped + handed_over.
struct LineCounts {
  std::uint64_t sampled = 0, recovered = 0;
  std::uint64_t queued = 0, spooled = 0, in_flight = 0;
  std::uint64_t written = 0, rejected = 0, dropped = 0;
  // Another process took them out of the spool, and recovered them or has not said what became of them: its counts hold
  // them, as these hold the lines that this process recovered.
  std::uint64_t handed_over = 0;
};

// The figures of the process itself: the fields of `vmtelem_agent`.
struct AgentReport {
  LineCounts lines;
  std::uint64_t rejected_displaced_lines = 0;  // were kept, and made room for newer ones
  std::uint64_t queue_bytes = 0, spool_bytes = 0, spool_batches = 0;
  std::uint64_t writes = 0, write_retries = 0;
  std::uint64_t names_repaired = 0, values_out_of_range = 0;
  Nanoseconds write_latency{};  // of the last request that was answered; 0 before the first
  bool paused = false;          // nothing is collected until that is resumed
};

}  // namespace vmtelem

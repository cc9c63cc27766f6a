#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "model/batch.h"

namespace vmtelem {

// The settings of delivery. Plain data without values of its own: the table of settings (config/settings.h) holds the
// defaults and the ranges, and its parsers fill this. Stages read it where it is and keep no copies of what is in it.
struct DeliveryOptions {
  std::size_t batch_max_lines = 0;  // that start a request
  Nanoseconds batch_max_age{};      // of a line that starts a request
  // At which part of each batch age, in [0, 1), this agent sends, so that many whose ticks are the same do not send
  // together. None: when a line is of that age.
  std::optional<double> flush_phase{};
  std::size_t writes_in_flight = 0;   // requests at once, at most
  std::uint64_t queue_max_bytes = 0;  // of memory for all lines that wait
  std::string spool_dir;              // empty: there is none to be had
  std::uint64_t spool_max_bytes = 0;  // 0: 4 GiB, at most 10 % of the file system
  double backlog_rate = 0;            // old batches go at so many times the rate of new lines, see BacklogRateLimiter
  Nanoseconds retry_max{};            // the longest pause between attempts, unless the server asks for more
  Nanoseconds drain_timeout{};        // how long a stop may deliver

  // Half of the memory is for batches that only memory holds. The other half is for lines that no batch holds yet:
  // more than a little only comes together there while the disk or the machine stands still.
  [[nodiscard]] std::uint64_t spool_memory_bytes() const { return queue_max_bytes / 2; }
  [[nodiscard]] std::uint64_t line_memory_bytes() const { return queue_max_bytes - spool_memory_bytes(); }

  // The largest batch that is sealed. Memory, or a spool, that has no room for another one is nearly full.
  [[nodiscard]] std::size_t batch_max_bytes() const {
    const std::uint64_t of_memory = std::min<std::uint64_t>(Batch::kMostBytes, spool_memory_bytes() / 8);
    return spool_max_bytes > 0 ? std::min(of_memory, spool_max_bytes / 4) : of_memory;
  }
};

}  // namespace vmtelem

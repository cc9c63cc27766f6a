#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace vmtelem {

// How many bytes a second come to a spool: for people, who want to know how long an outage it outlasts. Reported after
// ten seconds, then every minute. Only state: no clock. Not thread-safe.
class SpoolRate {
 public:
  void Added(std::uint64_t bytes, SteadyTime now);

  // Bytes per second since the last report; nothing if none is due.
  std::optional<std::uint64_t> Due(SteadyTime now);
  // What was reported last; nothing before the first time.
  [[nodiscard]] std::optional<std::uint64_t> last() const { return last_; }

 private:
  Nanoseconds window_ = std::chrono::seconds(10);
  std::optional<SteadyTime> since_;
  std::uint64_t bytes_ = 0;
  std::optional<std::uint64_t> last_;
};

}  // namespace vmtelem

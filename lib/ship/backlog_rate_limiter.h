#pragma once

#include <cstddef>

#include "base/clock.h"
#include "model/delivery_options.h"

namespace vmtelem {

// How fast old batches may go beside those just sealed: so many times the lines per second that are sealed, on average
// over the last ten seconds or so. A state without a clock of its own. Writer's thread.
class BacklogRateLimiter {
 public:
  // Where few lines are sealed, or none at all, the backlog still goes at this rate. How much of it the database takes
  // is for InFlightLimit to find.
  static constexpr double kLeastLinesPerSecond = 100'000;

  explicit BacklogRateLimiter(const DeliveryOptions& options) : options_(options) {}  // which outlive this

  void Sealed(std::size_t lines, SteadyTime now);
  void Sent(std::size_t lines, SteadyTime now);  // of the backlog

  // When the next of the backlog may go.
  [[nodiscard]] SteadyTime ready_at() const { return ready_at_; }

 private:
  static constexpr Nanoseconds kMemory = std::chrono::seconds(10);

  [[nodiscard]] double LiveLinesPerSecond(SteadyTime now) const;

  const DeliveryOptions& options_;
  double live_per_s_ = 0;  // at `sealed_at_`
  SteadyTime sealed_at_{}, ready_at_{};
};

}  // namespace vmtelem

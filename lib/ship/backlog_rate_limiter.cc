#include "ship/backlog_rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace vmtelem {

void BacklogRateLimiter::Sealed(std::size_t lines, SteadyTime now) {
  live_per_s_ = LiveLinesPerSecond(now) + static_cast<double>(lines) / Seconds(kMemory);
  sealed_at_ = now;
}

void BacklogRateLimiter::Sent(std::size_t lines, SteadyTime now) {
  const double per_s = std::max(options_.backlog_rate * LiveLinesPerSecond(now), kLeastLinesPerSecond);
  const std::chrono::duration<double> wait(static_cast<double>(lines) / per_s);
  ready_at_ = std::max(ready_at_, now) + std::chrono::ceil<Nanoseconds>(wait);
}

// Each batch counts less the older it is.
double BacklogRateLimiter::LiveLinesPerSecond(SteadyTime now) const {
  return live_per_s_ * std::exp(-Seconds(now - sealed_at_) / Seconds(kMemory));
}

}  // namespace vmtelem

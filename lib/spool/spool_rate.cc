#include "spool/spool_rate.h"

#include <utility>

namespace vmtelem {

void SpoolRate::Added(std::uint64_t bytes, SteadyTime now) {
  if (since_) bytes_ += bytes;  // the first batch only starts the clock: its lines came earlier
  if (!since_) since_ = now;
}

std::optional<std::uint64_t> SpoolRate::Due(SteadyTime now) {
  if (!since_ || now - *since_ < window_) return std::nullopt;
  const double seconds = Seconds(now - *since_);
  since_ = now;
  window_ = std::chrono::minutes(1);
  last_ = static_cast<std::uint64_t>(static_cast<double>(std::exchange(bytes_, 0)) / seconds);
  return last_;
}

}  // namespace vmtelem

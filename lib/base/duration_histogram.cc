#include "base/duration_histogram.h"

#include <algorithm>
#include <numeric>

namespace vmtelem {

void DurationHistogram::Count(Nanoseconds duration) {
  const auto* const bound = std::lower_bound(kBounds.begin(), kBounds.end(), duration);
  if (bound != kBounds.end()) ++fell_into_[static_cast<std::size_t>(bound - kBounds.begin())];
  ++count_;
  sum_ += duration;
}

std::uint64_t DurationHistogram::AtMost(std::size_t bound) const {
  const auto end = fell_into_.begin() + static_cast<std::ptrdiff_t>(bound) + 1;
  return std::accumulate(fell_into_.begin(), end, std::uint64_t{0});
}

}  // namespace vmtelem

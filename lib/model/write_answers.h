#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/duration_histogram.h"

namespace vmtelem {

// How the requests to a database ended: how often in which way, and how long those took that were answered. A plain
// value of whatever thread holds it; it allocates once for each status, and assigning it does not once they are known.
class WriteAnswers {
 public:
  static constexpr int kNone = 0;  // instead of a status: the request ended without an answer
  struct OfStatus {
    int status = kNone;  // as Completion::status
    std::uint64_t count = 0;
  };

  void Count(int status, Nanoseconds took) {
    const auto at = std::lower_bound(by_status_.begin(), by_status_.end(), status,
                                     [](const OfStatus& one, int wanted) { return one.status < wanted; });
    const bool is_known = at != by_status_.end() && at->status == status;
    ++(is_known ? at : by_status_.insert(at, {status, 0}))->count;
    if (status != kNone) durations_.Count(took);
  }

  [[nodiscard]] const std::vector<OfStatus>& by_status() const { return by_status_; }  // ascending
  [[nodiscard]] const DurationHistogram& durations() const { return durations_; }

 private:
  std::vector<OfStatus> by_status_;
  DurationHistogram durations_;
};

}  // namespace vmtelem

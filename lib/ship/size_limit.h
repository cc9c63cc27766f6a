#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

namespace vmtelem {

// The most bytes of lines that the target takes in one request, as far as its answers have shown. It grows slowly, to
// notice that a limit was raised at the price of a refused request now and then.
class SizeLimit {
 public:
  [[nodiscard]] std::size_t max_bytes() const { return max_bytes_; }

  void Refused(std::size_t bytes) { max_bytes_ = std::min(max_bytes_, bytes / 2 + 1); }
  // A request that took so long that a larger one may not come back in time. Never below a size at which the number of
  // requests, not their size, would be what takes the time.
  void TookLong(std::size_t bytes) {
    if (bytes > kSmall) Refused(std::max(bytes, 2 * kSmall));
  }
  void Accepted(std::size_t bytes) {
    if (max_bytes_ != kUnknown && bytes > max_bytes_ / 2) max_bytes_ += max_bytes_ / 32;
  }

 private:
  static constexpr std::size_t kSmall = std::size_t{64} * 1024;
  static constexpr std::size_t kUnknown = std::numeric_limits<std::size_t>::max();
  std::size_t max_bytes_ = kUnknown;
};

}  // namespace vmtelem

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace vmtelem {

// How long things took: for each of some bounds the number that took at most so long, their sum and their number. The
// bounds are those of Prometheus' own clients. A plain value that never allocates, of whatever thread holds it.
class DurationHistogram {
 public:
  static constexpr std::array<Nanoseconds, 11> kBounds{
      std::chrono::milliseconds(5),   std::chrono::milliseconds(10),  std::chrono::milliseconds(25),
      std::chrono::milliseconds(50),  std::chrono::milliseconds(100), std::chrono::milliseconds(250),
      std::chrono::milliseconds(500), std::chrono::seconds(1),        std::chrono::milliseconds(2500),
      std::chrono::seconds(5),        std::chrono::seconds(10)};

  void Count(Nanoseconds duration);

  // How many took at most kBounds[bound].
  [[nodiscard]] std::uint64_t AtMost(std::size_t bound) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Nanoseconds sum() const { return sum_; }

 private:
  std::array<std::uint64_t, kBounds.size()> fell_into_{};  // beyond the bound before, up to this one
  std::uint64_t count_ = 0;
  Nanoseconds sum_{};
};

}  // namespace vmtelem

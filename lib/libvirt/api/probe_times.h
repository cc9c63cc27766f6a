#pragma once

#include "base/clock.h"

namespace vmtelem {

// When a connection that is being opened is probed: after a second, ten and a hundred, since its socket may be made
// late. One thread.
class ProbeTimes {
 public:
  // Whether it is time, once for each of these; `age` of the attempt.
  bool Take(Nanoseconds age) {
    if (age < next_ || next_ > kLast) return false;
    next_ *= 10;
    return true;
  }

 private:
  static constexpr Nanoseconds kLast = std::chrono::seconds(100);
  Nanoseconds next_ = std::chrono::seconds(1);
};

}  // namespace vmtelem

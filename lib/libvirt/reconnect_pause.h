#pragma once

#include <functional>

#include "base/backoff.h"
#include "base/clock.h"

namespace vmtelem {

// When to try again to connect. State without a clock; one thread.
class ReconnectPause {
 public:
  static constexpr Nanoseconds kCap = std::chrono::seconds(10);

  // `random` is uniform in [0, 1).
  explicit ReconnectPause(std::function<double()> random);

  [[nodiscard]] bool MayTry(SteadyTime now) const { return now >= next_; }
  void NoteFailure(SteadyTime now);
  void NoteSuccess();

 private:
  Backoff backoff_;
  SteadyTime next_ = SteadyTime::min();
};

}  // namespace vmtelem

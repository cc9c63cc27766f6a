#pragma once

#include <functional>

#include "base/backoff.h"
#include "base/clock.h"

namespace vmtelem {

// Decides when to try again to connect: at once after the first failure, then after ever longer pauses. State without a
// clock; one thread.
class ReconnectPause {
 public:
  // An attempt at a daemon of this host costs nothing, and each pause delays its return.
  static constexpr Nanoseconds kLocalCap = std::chrono::seconds(1);
  static constexpr Nanoseconds kRemoteCap = std::chrono::seconds(10);

  // `random` is uniform in [0, 1).
  ReconnectPause(Nanoseconds cap, std::function<double()> random);

  [[nodiscard]] bool MayTry(SteadyTime now) const { return now >= next_; }
  void NoteFailure(SteadyTime now);
  void NoteSuccess();

 private:
  const Nanoseconds cap_;
  Backoff backoff_;
  bool has_failed_ = false;  // since the last success
  SteadyTime next_ = SteadyTime::min();
};

}  // namespace vmtelem

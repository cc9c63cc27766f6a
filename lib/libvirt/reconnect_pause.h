#pragma once

#include <functional>

#include "base/backoff.h"
#include "base/clock.h"

namespace vmtelem {

// Decides when to try again to connect: soon after a loss and after the first failure, then after ever longer pauses.
// State without a clock; one thread.
class ReconnectPause {
 public:
  // The bounds of the pauses, each of which is random.
  struct Bounds {
    Nanoseconds first{};  // after a loss, and after the first failure
    Nanoseconds cap{};
  };
  // An attempt at a daemon of this host costs nothing, and each pause delays its return. A daemon that went away is
  // often back at once.
  static constexpr Bounds kLocal{{}, std::chrono::seconds(1)};
  // A switch takes many remote hosts away at the same moment: they must not all be tried at the same moment.
  static constexpr Bounds kRemote{std::chrono::seconds(1), std::chrono::seconds(10)};

  // `random` is uniform in [0, 1).
  ReconnectPause(Bounds bounds, std::function<double()> random);

  [[nodiscard]] bool MayTry(SteadyTime now) const { return now >= next_; }
  // A connection has ended. Several may end for one cause: the first sets the pause.
  void NoteLost(SteadyTime now);
  // An attempt failed.
  void NoteFailure(SteadyTime now);
  void NoteSuccess();

 private:
  [[nodiscard]] Nanoseconds First() const;

  const Bounds bounds_;
  const std::function<double()> random_;
  Backoff backoff_;
  bool is_lost_ = false;  // since the last success
  bool has_failed_ = false;
  SteadyTime next_ = SteadyTime::min();
};

}  // namespace vmtelem

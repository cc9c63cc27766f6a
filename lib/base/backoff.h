#pragma once

#include <functional>
#include <optional>

#include "base/clock.h"

namespace vmtelem {

// How long to wait between attempts: full jitter, so that many agents that lost the same daemon or database do not
// come back at the same moment. The n-th wait, from 0 on, is random in [0, min(cap, 0.5 s * 2^n)), after the time
// that the server asked for. The cap comes with each call: it is a setting, and may change.
class Backoff {
 public:
  static constexpr Nanoseconds kBase = std::chrono::milliseconds(500);
  static constexpr Nanoseconds kMaxRetryAfter = std::chrono::minutes(10);  // the most that a server may ask for

  // `random` is uniform in [0, 1).
  explicit Backoff(std::function<double()> random);

  Nanoseconds Next(Nanoseconds cap, std::optional<Nanoseconds> retry_after = std::nullopt);
  void Reset() { ceiling_ = kBase; }
  // Random in [0, most), and of no consequence for the next wait.
  Nanoseconds Within(Nanoseconds most);

  // `wait`, or longer if the server asked for it.
  static Nanoseconds AtLeast(Nanoseconds wait, std::optional<Nanoseconds> retry_after);

 private:
  std::function<double()> random_;
  Nanoseconds ceiling_ = kBase;
};

// Uniform in [0, 1), seeded by the system. For one thread.
std::function<double()> SystemRandom();

}  // namespace vmtelem

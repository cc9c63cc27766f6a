#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "base/backoff.h"
#include "base/clock.h"
#include "model/delivery_options.h"

namespace vmtelem {

// When the target may be sent to. There is one for all batches on their way: a database that is overloaded is not
// relieved by sending it another batch instead. Writer's thread.
class TargetBackoff {
 public:
  enum class State {
    kSending,
    kBackingOff,  // one request at a time, when the back-off has passed, until one succeeds
    kHeld,        // likewise, at the slowest pace
  };
  // Counts the failures. A request remembers the round in which it started: of several that were out when the target
  // failed, only the first makes the back-off grow.
  using Round = std::uint64_t;

  // The longest pause after silence, and after the first answer that ends it.
  static constexpr Nanoseconds kSilencePause = std::chrono::seconds(2), kReturnPause = std::chrono::seconds(1);

  // `options` outlive this; `random` is uniform in [0, 1).
  TargetBackoff(const DeliveryOptions& options, std::function<double()> random)
      : options_(options), backoff_(std::move(random)) {}

  // A request of this round succeeded. False if a newer failure set the wait: that stands. A server that was silent
  // answers all agents at once when it is back, so each waits for a moment of its own.
  bool Open(Round round, SteadyTime now);
  void Retry(Round round, SteadyTime now, std::optional<Nanoseconds> retry_after);
  // Nobody answers. A request that waits for an answer is no burden to anybody, so the pause is short. Full jitter.
  void AwaitSign(SteadyTime now);
  void Hold(SteadyTime now, std::optional<Nanoseconds> retry_after);
  // For draining: no wait is longer than `cap` from now on, but for what the server asks.
  void Hasten(SteadyTime now, Nanoseconds cap);

  [[nodiscard]] State state() const { return state_; }
  // The longest wait but for what the server asks, and for the 2 s after silence.
  [[nodiscard]] Nanoseconds cap() const {
    return std::min(options_.retry_max, hastened_cap_.value_or(options_.retry_max));
  }
  [[nodiscard]] Round round() const { return round_; }
  [[nodiscard]] SteadyTime ready_at() const { return ready_at_; }

 private:
  void WaitUntil(SteadyTime until);

  const DeliveryOptions& options_;
  Backoff backoff_;
  State state_ = State::kSending;
  std::optional<Nanoseconds> hastened_cap_;
  Round round_ = 0;
  bool was_silent_ = false;  // at the last failure
  SteadyTime ready_at_{};
};

}  // namespace vmtelem

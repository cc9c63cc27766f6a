#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "model/delivery.h"
#include "model/delivery_options.h"
#include "ship/in_flight.h"
#include "ship/in_flight_limit.h"
#include "ship/size_limit.h"
#include "ship/target_backoff.h"
#include "ship/target_health.h"

namespace vmtelem {

[[nodiscard]] inline bool IsAck(const Verdict& verdict) {
  return verdict.action == Action::kAck || verdict.action == Action::kAckPartly;
}

// What the answers have shown of the target: when it may be sent to, whether it is well, how much it takes in one
// request and how many of them at once, and why it takes nothing now. Writer's thread.
class TargetStatus {
 public:
  // `options` outlive this; `random` is uniform in [0, 1).
  TargetStatus(const DeliveryOptions& options, std::function<double()> random)
      : backoff_(options, std::move(random)), in_flight_limit_(options) {}

  // True if the target may be sent to now, whether or not it was so before; false after a failure, and while a newer
  // one has set a wait.
  bool Answered(const Request& request, const Verdict& verdict, SteadyTime now);
  // What the answer shows of how many requests it takes at once.
  void NoteLoad(const Request& request, const Completion& completion);
  void NoteWorkWaits() { in_flight_limit_.NoteWorkWaits(); }
  // It failed with lines that were not suspected before.
  void Failed() { health_.Failed(); }
  // It took nothing, and this is why.
  void NoteFault(const Verdict& verdict);
  // The target is well in spite of this failure, so that only the batch has to wait.
  [[nodiscard]] bool IsWell(const Request& request, const Verdict& verdict, SteadyTime now) const;
  // Everything has to wait for the target; kHold: it refuses whatever it is sent.
  void Pause(Step::Delay delay, const Request& request, const Verdict& verdict, SteadyTime now);
  void Hasten(SteadyTime now, Nanoseconds cap) { backoff_.Hasten(now, cap); }

  [[nodiscard]] bool held() const { return backoff_.state() == TargetBackoff::State::kHeld; }
  [[nodiscard]] bool sending() const { return backoff_.state() == TargetBackoff::State::kSending; }
  [[nodiscard]] const TargetBackoff& backoff() const { return backoff_; }
  [[nodiscard]] const TargetHealth& health() const { return health_; }
  [[nodiscard]] const InFlightLimit& in_flight_limit() const { return in_flight_limit_; }
  [[nodiscard]] std::size_t max_request_bytes() const { return size_limit_.max_bytes(); }
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }

 private:
  void NoteSize(const Verdict& verdict, const Batch& sent);

  TargetBackoff backoff_;
  TargetHealth health_;
  SizeLimit size_limit_;
  InFlightLimit in_flight_limit_;
  std::optional<Error> fault_;
};

}  // namespace vmtelem

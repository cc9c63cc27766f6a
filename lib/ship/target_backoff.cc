#include "ship/target_backoff.h"

#include <algorithm>

namespace vmtelem {

bool TargetBackoff::Open(Round round, SteadyTime now) {
  if (round != round_) return false;
  state_ = State::kSending;
  ready_at_ = was_silent_ && !hastened_cap_ ? now + backoff_.Within(kReturnPause) : SteadyTime{};
  was_silent_ = false;
  backoff_.Reset();
  return true;
}

void TargetBackoff::Retry(Round round, SteadyTime now, std::optional<Nanoseconds> retry_after) {
  if (round != round_) {
    ready_at_ = std::max(ready_at_, now + Backoff::AtLeast(Nanoseconds::zero(), retry_after));
    return;
  }
  state_ = State::kBackingOff;
  WaitUntil(now + backoff_.Next(cap(), retry_after));
}

void TargetBackoff::AwaitSign(SteadyTime now) {
  state_ = State::kBackingOff;
  WaitUntil(now + backoff_.Within(std::min(kSilencePause, hastened_cap_ ? cap() : kSilencePause)));
  was_silent_ = true;
}

void TargetBackoff::Hold(SteadyTime now, std::optional<Nanoseconds> retry_after) {
  state_ = State::kHeld;
  WaitUntil(now + Backoff::AtLeast(cap(), retry_after));
}

void TargetBackoff::WaitUntil(SteadyTime until) {
  ++round_;
  was_silent_ = false;
  ready_at_ = std::max(ready_at_, until);
}

void TargetBackoff::Hasten(SteadyTime now, Nanoseconds cap) {
  hastened_cap_ = cap;
  ready_at_ = std::min(ready_at_, now);
}

}  // namespace vmtelem

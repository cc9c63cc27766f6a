#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/backoff.h"
#include "base/clock.h"
#include "model/delivery.h"
#include "ship/batch_delivery.h"
#include "ship/in_flight_limit.h"
#include "ship/ledger.h"
#include "ship/target_backoff.h"

namespace vmtelem {

// Live batches go first; beside them go the backlog and what may hold a line at fault.
enum class Priority { kLive, kBacklog, kSuspect };

// One request to the target, and what was known of the target when it was sent.
struct Request {
  TransferId id = 0;
  std::shared_ptr<const Batch> batch{};
  bool is_probe = false;  // it holds no lines that wait, only the answer matters
  TargetBackoff::Round round = 0;
  std::uint64_t stored_before = 0;  // see TargetHealth::stored()
  InFlightLimit::Departure departure{};
};

// A delivery from when it was taken from the spool until all its lines are settled: it is in a request, or waits until
// it may be in the next. (Lines are *in flight* in the books only while a request has them and no disk.) Writer's
// thread.
class InFlight {
 public:
  // `backoff` is for failures that are the delivery's own.
  InFlight(BatchDelivery batch, Priority taken_as, Backoff backoff)
      : batch_(std::move(batch)), taken_as_(taken_as), backoff_(std::move(backoff)) {}

  BatchDelivery& batch() { return batch_; }
  [[nodiscard]] const BatchDelivery& batch() const { return batch_; }
  PoisonSearch& lines() { return batch_.lines(); }
  [[nodiscard]] const PoisonSearch& lines() const { return batch_.lines(); }
  [[nodiscard]] Priority priority() const { return lines().suspect() || set_aside_ ? Priority::kSuspect : taken_as_; }

  // Where the ledger has its lines. What a durable spool holds is there until it is settled, in a request or not.
  [[nodiscard]] LineState waiting_state() const {
    return batch_.durable() ? &LineCounts::spooled : &LineCounts::queued;
  }
  [[nodiscard]] LineState sent_state() const {
    return batch_.durable() ? &LineCounts::spooled : &LineCounts::in_flight;
  }
  [[nodiscard]] std::size_t lines_sent() const {
    return request_ && !request_->is_probe ? request_->batch->line_count() : 0;
  }

  [[nodiscard]] const std::optional<Request>& request() const { return request_; }
  [[nodiscard]] TransferId last_sent() const { return last_sent_; }
  [[nodiscard]] bool is_retry() const { return is_retry_; }  // what is sent next was sent before
  void Sent(Request request) {
    last_sent_ = request.id;
    request_ = std::move(request);
  }
  Request Land() { return *std::exchange(request_, std::nullopt); }

  // Its lines were answered when `newest` was the last request that had been sent, to whomever.
  void Answered(TransferId newest) { newest_when_answered_ = newest; }
  // Whether a request of somebody else may say something of the target after that.
  [[nodiscard]] bool IsNews(TransferId other) const { return other > newest_when_answered_; }

  [[nodiscard]] bool IsReady(SteadyTime now) const { return !request_ && not_before_ <= now; }
  [[nodiscard]] SteadyTime not_before() const { return not_before_; }
  void WaitUntil(SteadyTime until) { not_before_ = until; }
  void BackOff(SteadyTime now, Nanoseconds cap) { not_before_ = now + backoff_.Next(cap); }
  void ResetBackoff() { backoff_.Reset(); }
  void Hasten(SteadyTime now) { not_before_ = std::min(not_before_, now); }
  void set_is_retry(bool is_retry) { is_retry_ = is_retry; }
  // Its lines were not stored. `stored`: see TargetHealth::stored(). If others were stored since the first time they
  // need not wait for it any more.
  void Failed(std::uint64_t stored) {
    if (!stored_at_failure_) stored_at_failure_ = stored;
    set_aside_ = stored > *stored_at_failure_;
  }

 private:
  BatchDelivery batch_;
  Priority taken_as_;
  Backoff backoff_;
  SteadyTime not_before_{};
  std::optional<Request> request_;
  TransferId last_sent_ = 0, newest_when_answered_ = 0;
  bool is_retry_ = false;
  bool set_aside_ = false;
  std::optional<std::uint64_t> stored_at_failure_;  // the first
};

}  // namespace vmtelem

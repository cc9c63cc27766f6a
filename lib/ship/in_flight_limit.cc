#include "ship/in_flight_limit.h"

#include <utility>

namespace vmtelem {

// One that left before the number shrank says nothing of the number that is allowed now.
void InFlightLimit::Stored(const Departure& departure, Nanoseconds latency) {
  if (departure.decreases != decreases_) return;
  any_stored_ = true;
  ++round_.stored;
  round_.latency_sum += latency;
  round_.work_waited = round_.work_waited && waits_ > departure.waits;
  if (round_.stored >= limit()) EndRound();
}

void InFlightLimit::Overloaded(const Departure& departure) {
  if (departure.decreases == decreases_) Decrease();
}

void InFlightLimit::EndRound() {
  const Round round = std::exchange(round_, {});
  const Nanoseconds latency = round.latency_sum / round.stored;
  limit_ = limit();
  const bool is_least = limit_ == least(), waited_before = std::exchange(work_waited_, round.work_waited);
  if (is_least) least_latency_ = latency;
  const bool is_slow = latency > 2 * least_latency_, was_slow = std::exchange(was_slow_, is_slow);
  if (is_slow && was_slow) return Decrease();
  // Of the first round in which work waits some left before it came, at any moment between two flushes of the server.
  if (!is_slow && round.work_waited && (waited_before || !is_least)) Increase();
}

void InFlightLimit::Increase() {
  limit_ += limit_ < slow_start_until_ ? limit_ / 2 : 1;
  limit_ = limit();
}

void InFlightLimit::Decrease() {
  ++decreases_;
  round_ = {};
  was_slow_ = false;
  const std::size_t half = std::max(limit() / 2, least());
  // An outage, in which it shrinks again and again, shows nothing of how many the server takes. Nor does the least.
  if (std::exchange(any_stored_, false) && limit() > least()) slow_start_until_ = half;
  limit_ = half;
}

}  // namespace vmtelem

#include "ship/in_flight_limit.h"

#include <utility>

namespace vmtelem {

// One that left before the number shrank says nothing of the number that is allowed now.
void InFlightLimit::Stored(const Departure& departure, Nanoseconds latency) {
  if (departure.decreases != decreases_) return;
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
  if (limit_ == least()) least_latency_ = latency;
  if (latency > 2 * least_latency_) return Decrease();
  if (round.work_waited && limit_ < most()) ++limit_;
}

void InFlightLimit::Decrease() {
  ++decreases_;
  round_ = {};
  limit_ = std::max(limit() / 2, least());
}

}  // namespace vmtelem

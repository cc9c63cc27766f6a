#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/clock.h"
#include "model/delivery_options.h"

namespace vmtelem {

// How many requests may be under way at once: additive increase, multiplicative decrease, slow start. While more waits
// than the requests that are out can carry, each round of as many stored requests adds one, or half of their number
// while it is far from where it was too large the last time. A request that the server puts off or does not answer
// halves the number, and so do two rounds in a row that took twice as long for each request as one at the least number:
// then requests queue at the server. A database that answers at its next flush, as InfluxDB 3 does, takes as long for
// many as for few. Has no clock. Writer's thread.
class InFlightLimit {
 public:
  static constexpr std::size_t kLeast = 2;  // one is sent while another is answered

  // What a request remembers of the moment at which it left.
  struct Departure {
    std::uint64_t decreases = 0, waits = 0;
  };

  explicit InFlightLimit(const DeliveryOptions& options) : options_(options) {}  // which outlive this

  [[nodiscard]] Departure Leave() const { return {decreases_, waits_}; }
  // There is work for one more request now, and no slot: so it was for all that are under way.
  void NoteWorkWaits() { ++waits_; }
  void Stored(const Departure& departure, Nanoseconds latency);
  // A request was put off or not answered in time. Of those that were out together only the first counts.
  void Overloaded(const Departure& departure);

  [[nodiscard]] std::size_t limit() const { return std::clamp(limit_, least(), most()); }

 private:
  struct Round {
    std::size_t stored = 0;
    Nanoseconds latency_sum{};
    bool work_waited = true;  // throughout
  };
  [[nodiscard]] std::size_t most() const { return std::max<std::size_t>(options_.writes_in_flight, 1); }
  [[nodiscard]] std::size_t least() const { return std::min(kLeast, most()); }
  void EndRound();
  void Increase();
  void Decrease();

  const DeliveryOptions& options_;
  std::size_t limit_ = kLeast;
  std::size_t slow_start_until_ = std::numeric_limits<std::size_t>::max();
  bool any_stored_ = false;                  // since it shrank
  std::uint64_t decreases_ = 0, waits_ = 0;  // how often
  Round round_;
  bool work_waited_ = false, was_slow_ = false;  // in the round before
  Nanoseconds least_latency_{};                  // mean of the latest round at the least number
};

}  // namespace vmtelem

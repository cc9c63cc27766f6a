#pragma once

#include <cstdint>

#include "base/backoff.h"
#include "base/clock.h"

namespace vmtelem {

// How the target fared in this process with requests other than those of lines under suspicion, which were part of one
// that failed: whether a request is left out must not depend on its own outcome, or the others would tell nothing of
// the target. Counts only ever grow.
struct Trials {
  std::uint64_t accepted = 0;
  std::uint64_t suspected = 0;  // failed in a way that makes their lines suspect
  double failure_rate = 0;      // how many of the last few failed so
  bool well = false;            // it accepted something lately, see TrackRecord
};

// What is known of the target from all requests of this process: whether a failure tells of the target or of what was
// sent. Writer's thread.
class TrackRecord {
 public:
  // The target is held to be well, and a failure the batch's own, until so many requests in a row have failed and
  // nothing was accepted for so long.
  static constexpr unsigned kFailuresToDoubt = 8;
  static constexpr Nanoseconds kTimeToDoubt = std::chrono::seconds(5);

  // `backoff`: between attempts of batches that need evidence from others, see OutgoingBatch.
  explicit TrackRecord(Backoff backoff) : backoff_(std::move(backoff)) {}

  struct Request {
    bool trial;    // see Trials
    bool proving;  // of lines that fail again and again, see OutgoingBatch
  };
  void Accepted(Request request, SteadyTime now);
  void Failed(Request request, SteadyTime now);  // while the server had the lines
  void FailedWithoutEvidence(SteadyTime now) { ask_again_at_ = now + backoff_.Next(std::nullopt); }

  // Requests of which the target stored something.
  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
  [[nodiscard]] const Trials& trials() const { return trials_; }
  // Until then a batch that needs evidence from others is not worth an attempt.
  [[nodiscard]] SteadyTime ask_again_at() const { return ask_again_at_; }
  void Hasten(Nanoseconds cap);

 private:
  static constexpr double kWeight = 1.0 / 16;  // of the last request in the failure rate

  Backoff backoff_;
  Trials trials_;
  std::uint64_t accepted_ = 0;
  SteadyTime accepted_at_{}, ask_again_at_{};
  unsigned failures_ = 0;  // in a row
};

}  // namespace vmtelem

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/log_throttle.h"
#include "model/delivery.h"
#include "ship/batch_delivery.h"
#include "ship/loss_tally.h"
#include "ship/target_backoff.h"

namespace vmtelem {

// Writes the messages about delivery: each change of state once, each kind of loss at most once a minute. Writer's
// thread.
class DeliveryLog {
 public:
  // `clock` outlives the log.
  DeliveryLog(LoggerPtr log, Clock& clock) : log_(std::move(log)), clock_(clock) {}

  // An attempt to deliver has failed; to be called for each.
  void Trouble(TargetBackoff::State state, const Error& fault, std::uint64_t waiting_lines, SteadyTime now);
  // A request and its answer, at debug and trace: sizes and times, no word of the lines or the server.
  void Sent(const Batch& batch);
  void Answered(const Completion& completion, const Batch& batch);
  void Recovered(std::uint64_t waiting_lines, SteadyTime now);
  void SearchBegan(const std::string& reason, SteadyTime now);
  void Rejected(const Rejection& rejection, SteadyTime now);
  // The spool, or the memory, gave lines up. SayLosses() logs it, with all others of the same cause.
  void Lost(const SpoolLoss& loss, SteadyTime now);
  void Found(std::uint64_t recovered_lines, SteadyTime now);
  // To be called every second or so.
  void SayLosses(SteadyTime now);
  // The process ends: logs the losses whose next message is not due yet.
  void SayRest();

  [[nodiscard]] const std::optional<LossTally::Latest>& last_rejected() const { return rejected_.latest(); }
  [[nodiscard]] const std::optional<LossTally::Latest>& last_lost() const { return lost_.latest(); }

 private:
  void SayRejected(const std::vector<LossTally::Loss>& losses);
  void SayLost(const std::vector<LossTally::Loss>& losses);

  LoggerPtr log_;
  Clock& clock_;
  LogThrottle throttle_;
  LossTally rejected_, lost_;
  std::optional<std::pair<TargetBackoff::State, ErrorCode>> logged_;
  SteadyTime trouble_since_{};
  std::int64_t last_answer_ns_ = 0;  // by the wall clock; until the first answer, when the first request was sent
};

}  // namespace vmtelem

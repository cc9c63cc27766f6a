#include "ship/delivery_log.h"

#include <algorithm>
#include <ctime>
#include <string_view>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/parse.h"
#include "base/text.h"
#include "base/utf8.h"
#include "ship/line_parts.h"

namespace vmtelem {
namespace {

std::string LeftOut(std::uint64_t count) {
  return count == 0 ? "" : fmt::format(" ({} more like this since the last message)", count);
}

std::string LinesLeftOut(std::uint64_t count) {
  return count == 0 ? "" : fmt::format(" (and {} since the last message)", CountOf(count, "line"));
}

// Empty for lines that came to no batch.
std::string InBatches(std::uint64_t count) {
  if (count == 0) return "";
  return count == 1 ? " in 1 batch" : fmt::format(" in {} batches", count);
}

constexpr std::size_t kExampleBytes = 200;

std::string Prefix(std::string_view line) {
  std::size_t end = 0;
  while (end < line.size()) {
    const std::size_t length = std::max<std::size_t>(Utf8SequenceLength(line.substr(end)), 1);
    if (end + length > kExampleBytes) return std::string(line.substr(0, end)) + "...";
    end += length;
  }
  return std::string(line);
}

// UTC, to the second: an operator looks for a gap of minutes or hours.
std::string TimeText(std::int64_t wall_ns) {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(static_cast<std::time_t>(wall_ns / 1'000'000'000)));
}

std::string ClockText(std::int64_t wall_ns) {
  return fmt::format("{:%T}Z", fmt::gmtime(static_cast<std::time_t>(wall_ns / 1'000'000'000)));
}

std::string Hint(const std::string& hint) { return hint.empty() ? "" : fmt::format("; {}", hint); }

std::string_view NameOf(Action action) {
  switch (action) {
    case Action::kAck:
      return "stored";
    case Action::kAckPartly:
      return "stored in part";
    case Action::kRefuse:
      return "refused";
    case Action::kResend:
      return "to be sent in another form";
    case Action::kSplit:
      return "too large";
    case Action::kRetry:
      return "failed";
    case Action::kHold:
      break;
  }
  return "refused";
}

}  // namespace

void DeliveryLog::Trouble(TargetBackoff::State state, const Error& fault, std::uint64_t waiting_lines, SteadyTime now) {
  if (fault.code == ErrorCode::kClosed) return;  // a reader that has had enough is no fault
  const std::pair kind{state, fault.code};
  if (logged_ == kind) return;
  const std::string name = fmt::format("trouble {} {}", static_cast<int>(state), static_cast<int>(fault.code));
  if (!throttle_.Admit(name, now)) return;
  if (!logged_) trouble_since_ = now;
  logged_ = kind;
  std::string text = fault.message;
  if (fault.code == ErrorCode::kTimeout) text += fmt::format(" since {}", ClockText(last_answer_ns_));
  text += fmt::format("{}; {} waiting", Hint(fault.hint), CountOf(waiting_lines, "line"));
  log_->log(state == TargetBackoff::State::kHeld ? spdlog::level::err : spdlog::level::warn, "{}", text);
}

void DeliveryLog::Sent(const Batch& batch) {
  if (last_answer_ns_ == 0) last_answer_ns_ = clock_.WallNowNs();
  log_->trace("sending {}, {}", CountOf(batch.line_count(), "line"), CountOf(batch.bytes().size(), "byte"));
}

void DeliveryLog::Answered(const Completion& completion, const Batch& batch) {
  const bool is_answer = completion.verdict.action != Action::kRetry || completion.verdict.cause != ErrorCode::kTimeout;
  if (is_answer) last_answer_ns_ = clock_.WallNowNs();
  const auto latency_ms = std::chrono::round<std::chrono::milliseconds>(completion.latency).count();
  log_->debug("{}, {}: {} after {} ms", CountOf(batch.line_count(), "line"), CountOf(batch.bytes().size(), "byte"),
              NameOf(completion.verdict.action), latency_ms);
}

void DeliveryLog::Recovered(std::uint64_t waiting_lines, SteadyTime now) {
  if (!logged_) return;
  logged_.reset();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now - trouble_since_);
  log_->info("lines are delivered again after {}; {} waiting", FormatDuration(seconds), CountOf(waiting_lines, "line"));
}

void DeliveryLog::SearchBegan(const std::string& reason, SteadyTime now) {
  const auto left_out = throttle_.Admit("search", now);
  if (!left_out) return;
  log_->warn("{}; looking for the lines at fault{}", reason, LeftOut(*left_out));
}

void DeliveryLog::Rejected(const Rejection& rejection, SteadyTime now) {
  const std::string series(SeriesKey(rejection.texts.front()));
  rejected_.Add({.cause = rejection.reason, .lines = rejection.texts.size(), .example = Prefix(series)}, now);
  SayRejected(rejected_.TakeDue(now));
}

void DeliveryLog::Lost(const SpoolLoss& loss, SteadyTime now) {
  lost_.Add({loss.reason, loss.lines, loss.batches, loss.first_wall_ns, loss.last_wall_ns}, now);
}

void DeliveryLog::SayLosses(SteadyTime now) {
  SayRejected(rejected_.TakeDue(now));
  SayLost(lost_.TakeDue(now));
}

void DeliveryLog::SayRest() {
  SayRejected(rejected_.TakeRest());
  SayLost(lost_.TakeRest());
}

void DeliveryLog::SayRejected(const std::vector<LossTally::Loss>& losses) {
  for (const LossTally::Loss& loss : losses) {
    log_->warn("{} rejected, the first '{}': {}", CountOf(loss.lines, "line"), loss.example, loss.cause);
  }
}

void DeliveryLog::SayLost(const std::vector<LossTally::Loss>& losses) {
  for (const LossTally::Loss& loss : losses) {
    log_->error("{}{} from {} to {} lost: {}", CountOf(loss.lines, "line"), InBatches(loss.batches),
                TimeText(loss.first_wall_ns), TimeText(loss.last_wall_ns), loss.cause);
  }
}

void DeliveryLog::Found(std::uint64_t recovered_lines, SteadyTime now) {
  const auto left_out = throttle_.Admit("found", now, recovered_lines);
  if (left_out) log_->info("{} found in the spool{}", CountOf(recovered_lines, "line"), LinesLeftOut(*left_out));
}

}  // namespace vmtelem

#include "ship/delivery_log.h"

#include <string_view>

#include <fmt/format.h>

#include "base/parse.h"
#include "base/text.h"

namespace vmtelem {
namespace {

std::string LeftOut(std::uint64_t count) {
  return count == 0 ? "" : fmt::format(" ({} more of this kind since it was last told)", count);
}

std::string Hint(const std::string& hint) { return hint.empty() ? "" : fmt::format("; {}", hint); }

std::string_view NameOf(Action action) {
  switch (action) {
    case Action::kAck:
      return "stored";
    case Action::kAckPartly:
      return "stored in part";
    case Action::kRemoveLines:
    case Action::kBisect:
      return "refused for lines in it";
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

std::optional<std::uint64_t> LogThrottle::Admit(const std::string& kind, SteadyTime now) {
  const bool known = kinds_.count(kind) > 0;
  const auto [found, first] = kinds_.try_emplace(known || kinds_.size() < kMaxKinds ? kind : std::string());
  Kind& entry = found->second;
  if (!first && now < entry.told_at + kInterval) {
    ++entry.left_out;
    return std::nullopt;
  }
  entry.told_at = now;
  return std::exchange(entry.left_out, 0);
}

void DeliveryLog::Trouble(Gate::State state, const Verdict& verdict, std::uint64_t waiting_lines, SteadyTime now) {
  if (verdict.cause == ErrorCode::kClosed) return;  // a reader that has had enough is no fault
  const std::pair kind{state, verdict.cause};
  if (told_ == kind) return;
  const std::string name = fmt::format("trouble {} {}", static_cast<int>(state), static_cast<int>(verdict.cause));
  if (!throttle_.Admit(name, now)) return;
  if (!told_) trouble_since_ = now;
  told_ = kind;
  if (state == Gate::State::kHeld) {
    log_->error("{}{}; {} waiting", verdict.reason, Hint(verdict.hint), CountOf(waiting_lines, "line"));
  } else {
    log_->warn("{}{}; {} waiting", verdict.reason, Hint(verdict.hint), CountOf(waiting_lines, "line"));
  }
}

void DeliveryLog::Sent(const Batch& batch) {
  log_->trace("sending {}, {}", CountOf(batch.line_count(), "line"), CountOf(batch.bytes().size(), "byte"));
}

void DeliveryLog::Answered(const Completion& completion, const Batch& batch) {
  const auto latency_ms = std::chrono::round<std::chrono::milliseconds>(completion.latency).count();
  log_->debug("{}, {}: {} after {} ms", CountOf(batch.line_count(), "line"), CountOf(batch.bytes().size(), "byte"),
              NameOf(completion.verdict.action), latency_ms);
}

void DeliveryLog::Recovered(std::uint64_t waiting_lines, SteadyTime now) {
  if (!told_) return;
  told_.reset();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now - trouble_since_);
  log_->info("lines are delivered again after {}; {} waiting", FormatDuration(seconds), CountOf(waiting_lines, "line"));
}

void DeliveryLog::SearchBegan(const Verdict& verdict, SteadyTime now) {
  const auto left_out = throttle_.Admit("search", now);
  if (!left_out) return;
  log_->warn("{}; which line is at fault is not said, looking for it{}", verdict.reason, LeftOut(*left_out));
}

void DeliveryLog::Rejected(const Rejection& rejection, SteadyTime now) {
  const auto left_out = throttle_.Admit("rejected " + rejection.reason, now);
  if (!left_out) return;
  const std::string which = rejection.example.empty() ? "" : fmt::format(", the first '{}'", rejection.example);
  log_->warn("{} rejected{}: {}{}", CountOf(rejection.lines, "line"), which, rejection.reason, LeftOut(*left_out));
}

void DeliveryLog::Dropped(std::uint64_t total, SteadyTime now) {
  if (total == dropped_told_ || !throttle_.Admit("dropped", now)) return;
  log_->error("the memory for lines that wait is full, the oldest were dropped: {}",
              CountOf(total - dropped_told_, "line"));
  dropped_told_ = total;
}

}  // namespace vmtelem

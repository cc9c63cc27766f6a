#include "agent/collector.h"

#include <utility>

namespace vmtelem {

Collector::Collector(CollectorOptions options, Parts parts, std::function<AgentReport()> delivery_report, LoggerPtr log)
    : options_(std::move(options)),
      parts_(parts),
      delivery_report_(std::move(delivery_report)),
      log_(std::move(log)),
      schedule_(options_.interval),
      cycle_(parts.source, parts.clock, options_.encode, log_),
      cycle_log_(log_) {}

void Collector::Run() {
  while (WaitForTick()) RunOnce();
}

void Collector::RunOnce() {
  const Result<void> outcome = cycle_.Collect();
  Publish(outcome);
  if (!outcome && outcome.error().code == ErrorCode::kClosed) return;  // interrupted: says nothing of the hypervisor
  Snapshot& snapshot = cycle_.snapshot();
  snapshot.polls_late = late_;
  cycle_log_.Note(outcome, snapshot);
  if (outcome && options_.on_first_answer) std::exchange(options_.on_first_answer, nullptr)(snapshot);
  cycle_.Derive();
  std::optional<SampleCycle::AgentLine> agent;
  if (!options_.agent_name.empty()) agent = {options_.agent_name, report()};
  parts_.queue.Push(cycle_.Encode(agent));
}

bool Collector::WaitForTick() {
  std::unique_lock lock(mutex_);
  const TickSchedule::Tick tick = schedule_.Next(parts_.clock.Now());
  if (tick.is_late) {
    ++late_;
    log_->debug("the last cycle was not over when the next one was due; {} ticks are skipped", tick.missed);
  }
  return !parts_.clock.WaitUntil(lock, stopped_, tick.at, [this] { return stop_; });
}

void Collector::Publish(const Result<void>& outcome) {
  const Snapshot& snapshot = cycle_.snapshot();
  const std::lock_guard guard(mutex_);
  ++stats_.cycles;
  if (!outcome) ++stats_.failed_cycles;
  stats_.fault = outcome ? std::string() : outcome.error().message;
  stats_.vms = snapshot.domains.size();
  stats_.hung_vms = CountHungVms(snapshot);
  stats_.names_repaired = cycle_.names_repaired();
  stats_.values_out_of_range = snapshot.values_out_of_range;
}

void Collector::Stop() {
  {
    const std::lock_guard guard(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
}

CollectorStats Collector::stats() const {
  const std::lock_guard guard(mutex_);
  return stats_;
}

AgentReport Collector::report() const {
  AgentReport report = delivery_report_();
  const CollectorStats collected = stats();
  report.names_repaired = collected.names_repaired;
  report.values_out_of_range = collected.values_out_of_range;
  return report;
}

}  // namespace vmtelem

#include "agent/collector.h"

#include <utility>

#include "base/text.h"

namespace vmtelem {

Collector::Collector(CollectorOptions options, Parts parts, std::function<AgentReport()> report, LoggerPtr log)
    : options_(std::move(options)),
      parts_(parts),
      report_(std::move(report)),
      log_(std::move(log)),
      schedule_(options_.interval),
      encoder_(options_.encode, log_) {}

void Collector::Run() {
  while (WaitForTick()) RunOnce();
}

void Collector::RunOnce() {
  const Result<void> outcome = parts_.source.Collect(snapshot_);
  Publish(outcome);
  if (!outcome && outcome.error().code == ErrorCode::kClosed) return;  // interrupted: says nothing of the hypervisor
  snapshot_.polls_late = late_;
  LogOutcome(outcome);
  LogProblems();
  LogHungVms();
  if (outcome && options_.on_first_answer) std::exchange(options_.on_first_answer, nullptr)(snapshot_);
  const SteadyTime begin = parts_.clock.SteadyNow();
  tracker_.Derive(snapshot_, derived_);
  snapshot_.rates_uncertain = tracker_.rates_uncertain();
  Encode(parts_.clock.SteadyNow() - begin);
  lines_bytes_ = lines_.bytes.size();
  parts_.queue.Push(std::exchange(lines_, Lines{}));
}

// The line of the hypervisor carries the time that the lines of its VMs took, so it is encoded after them.
void Collector::Encode(Nanoseconds derive_time) {
  lines_.bytes.reserve(lines_bytes_ + lines_bytes_ / 8);
  const SteadyTime begin = parts_.clock.SteadyNow();
  encoder_.AppendDomains(snapshot_, derived_, lines_);
  encoder_.AppendHost(snapshot_, {derive_time, parts_.clock.SteadyNow() - begin}, lines_);
  if (!options_.agent_name.empty()) {
    encoder_.AppendAgent(options_.agent_name, snapshot_.stamp, report_(), lines_);
  }
  encoder_.LogNameRepairs();
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

// A hypervisor that is away is told once when it goes and once when it is back, not once per cycle.
void Collector::LogOutcome(const Result<void>& outcome) {
  if (!outcome && outcome.error().message != logged_) {
    log_->warn("{}{}{}", outcome.error().message, outcome.error().hint.empty() ? "" : "; ", outcome.error().hint);
    logged_ = outcome.error().message;
  } else if (outcome && !logged_.empty()) {
    log_->info("{} answers again: {}", snapshot_.host, CountOf(snapshot_.domains.size(), "VM"));
    logged_.clear();
  }
}

void Collector::LogProblems() {
  const ProblemWatch::News news = problems_.Watch(snapshot_.problems, snapshot_.stamp.steady);
  if (!news.lasting.empty()) {
    log_->warn("{}: {} missing; the first: {}", snapshot_.host, CountOf(news.lasting.size(), "reading"),
               news.lasting.front());
  }
  if (news.ended) log_->info("{}: what was missing is there again", snapshot_.host);
}

void Collector::LogHungVms() {
  const HungVmLog::News news = hung_vm_log_.Watch(snapshot_);
  for (const std::string& line : news.begun) log_->warn("{}", line);
  for (const std::string& line : news.ended) log_->info("{}", line);
}

void Collector::Publish(const Result<void>& outcome) {
  const std::lock_guard guard(mutex_);
  ++stats_.cycles;
  if (!outcome) ++stats_.failed_cycles;
  stats_.fault = outcome ? std::string() : outcome.error().message;
  stats_.vms = snapshot_.domains.size();
  stats_.hung_vms = CountHungVms(snapshot_);
  stats_.names_repaired = encoder_.names_repaired();
  stats_.values_out_of_range = snapshot_.values_out_of_range;
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

}  // namespace vmtelem

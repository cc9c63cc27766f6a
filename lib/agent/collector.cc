#include "agent/collector.h"

#include <utility>

namespace vmtelem {

Collector::Collector(CollectorOptions options, Parts parts, HostTags::Holder tag, const std::string& shown_uri,
                     LoggerPtr log)
    : options_(std::move(options)),
      parts_(parts),
      tag_(std::move(tag)),
      log_(std::move(log)),
      schedule_(options_.interval, options_.phase),
      cycle_(parts.source, parts.clock, options_.encode, log_),
      cycle_log_(parts.host_log, shown_uri) {
  stats_.host = tag_.TagFor(parts.source.host());
}

void Collector::Run(Nanoseconds delay) {
  if (delay > Nanoseconds::zero()) {
    if (!Wait(parts_.clock.SteadyNow() + delay)) return;
    RunOnce();
    if (!Wait(parts_.clock.SteadyNow() + options_.interval / 2)) return;
  }
  while (WaitForTick()) RunOnce();
}

void Collector::RunOnce() {
  if (!BeginCycle()) return;
  const Result<void> outcome = Collect();
  Publish(outcome);
  if (!outcome && outcome.error().code == ErrorCode::kClosed) return;  // interrupted: says nothing of the hypervisor
  Snapshot& snapshot = cycle_.snapshot();
  snapshot.polls_late = late_;
  cycle_log_.Note(outcome, snapshot);
  if (outcome && options_.on_first_answer) std::exchange(options_.on_first_answer, nullptr)(snapshot);
  cycle_.Derive();
  parts_.queue.Push(cycle_.Encode());
  if (options_.shows_samples) ShowSample();
}

bool Collector::BeginCycle() {
  const std::lock_guard guard(mutex_);
  pauses_before_ = pauses_;
  return !paused_;
}

// What a reader may be the last to hold is not destroyed while the lock is held.
void Collector::ShowSample() {
  auto sample = cycle_.Publish();
  const std::lock_guard guard(mutex_);
  if (!paused_) latest_.swap(sample);
}

Result<void> Collector::Collect() {
  auto outcome = cycle_.Collect();
  Snapshot& snapshot = cycle_.snapshot();
  snapshot.host = tag_.TagFor(snapshot.host);
  snapshot.cycle += pauses_before_;  // cycles before and after a pause are no neighbours
  return outcome;
}

bool Collector::WaitForTick() {
  const TickSchedule::Tick tick = schedule_.Next(parts_.clock.Now());
  if (tick.is_late) {
    ++late_;
    log_->debug("the last cycle was not over when the next one was due; {} ticks are skipped", tick.missed);
  }
  return Wait(tick.at);
}

bool Collector::Wait(SteadyTime until) {
  std::unique_lock lock(mutex_);
  return !parts_.clock.WaitUntil(lock, stopped_, until, [this] { return stop_; });
}

void Collector::Publish(const Result<void>& outcome) {
  const std::lock_guard guard(mutex_);
  stats_.Note(outcome, cycle_.snapshot(), cycle_.names_repaired());
  stats_.polls_late = late_;
  if (paused_) stats_.up.reset();
}

void Collector::Stop() {
  tag_.LetGo();
  {
    const std::lock_guard guard(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
}

void Collector::Pause() {
  std::shared_ptr<const HostSample> last;
  const std::lock_guard guard(mutex_);
  paused_ = true;
  ++pauses_;
  stats_.up.reset();  // nobody asks from now on
  last.swap(latest_);
}

void Collector::Resume() {
  const std::lock_guard guard(mutex_);
  paused_ = false;
}

std::shared_ptr<const HostSample> Collector::latest() const {
  const std::lock_guard guard(mutex_);
  return latest_;
}

CollectorStats Collector::stats() const {
  const std::lock_guard guard(mutex_);
  return stats_;
}

}  // namespace vmtelem

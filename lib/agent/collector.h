#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "agent/collector_stats.h"
#include "agent/cycle_log.h"
#include "agent/host_log.h"
#include "agent/host_tags.h"
#include "agent/sample_cycle.h"
#include "agent/tick_schedule.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/encode_options.h"
#include "model/source.h"
#include "ship/line_queue.h"

namespace vmtelem {

// What a collector is to do.
struct CollectorOptions {
  Nanoseconds interval{};
  EncodeOptions encode;
  // Called once for each hypervisor, by the thread that collects from it, with the first snapshot after it answered.
  // May be empty.
  std::function<void(const Snapshot&)> on_first_answer{};
  Nanoseconds phase{};         // how far its ticks lie behind the multiples of the interval
  bool shows_samples = false;  // to other threads, see Collector::latest()
};

// Takes a sample of one hypervisor at each tick and hands its lines to the queue. Run() is the body of the collector's
// thread; it waits for the next tick or Stop(), and for the end of a cycle (Source::Collect()).
class Collector {
 public:
  struct Parts {  // all must outlive the collector
    Source& source;
    LineQueue& queue;
    Clock& clock;
    HostLog& host_log;
  };
  // `shown_uri` is the hypervisor's, masked.
  Collector(CollectorOptions options, Parts parts, HostTags::Holder tag, const std::string& shown_uri, LoggerPtr log);

  // With a delay the first cycle begins after it, whatever the ticks are, and leaves out a tick that follows soon.
  void Run(Nanoseconds delay = {});
  void RunOnce();  // one cycle, now, unless it is paused

  // Any thread.
  void Stop();
  [[nodiscard]] CollectorStats stats() const;
  // Leaves the ticks out, from the next one on, until it is resumed. The rates begin anew then.
  void Pause();
  void Resume();
  // The last cycle: null before the first, and while it is paused. Never waits for a cycle.
  [[nodiscard]] std::shared_ptr<const HostSample> latest() const;

 private:
  bool WaitForTick();
  bool Wait(SteadyTime until);  // false: stopped
  Result<void> Collect();
  void Publish(const Result<void>& outcome);
  void ShowSample();
  [[nodiscard]] bool BeginCycle();  // false: it is paused

  CollectorOptions options_;
  const Parts parts_;
  HostTags::Holder tag_;
  const LoggerPtr log_;
  TickSchedule schedule_;
  SampleCycle cycle_;
  CycleLog cycle_log_;
  std::uint64_t late_ = 0;
  std::uint64_t pauses_before_ = 0;  // the cycle that is under way

  mutable std::mutex mutex_;  // of what is below: the only state that other threads touch
  std::condition_variable stopped_;
  bool stop_ = false, paused_ = false;
  std::uint64_t pauses_ = 0;
  std::shared_ptr<const HostSample> latest_;
  CollectorStats stats_;
};

}  // namespace vmtelem

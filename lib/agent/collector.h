#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "agent/cycle_log.h"
#include "agent/sample_cycle.h"
#include "agent/tick_schedule.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/agent_report.h"
#include "model/encode_options.h"
#include "model/source.h"
#include "ship/line_queue.h"

namespace vmtelem {

// What a collector is to do.
struct CollectorOptions {
  Nanoseconds interval{};
  EncodeOptions encode;
  std::string agent_name;  // tag of the `vmtelem_agent` line: the local hostname; empty: no such line
  // Called once, by the thread that collects, with the first snapshot of a hypervisor that answered. May be empty.
  std::function<void(const Snapshot&)> on_first_answer{};
};

// What a collector knows of its cycles.
struct CollectorStats {
  std::uint64_t cycles = 0, failed_cycles = 0, names_repaired = 0, values_out_of_range = 0;
  std::uint64_t vms = 0, hung_vms = 0;  // of the last cycle
  std::string fault;                    // likewise; empty: none
};

// Takes a sample of one hypervisor at each tick and hands its lines to the queue. Run() is the body of the collector's
// thread; it waits for the next tick or Stop(), and for the end of a cycle (Source::Collect()).
class Collector {
 public:
  struct Parts {  // all must outlive the collector
    Source& source;
    LineQueue& queue;
    Clock& clock;
  };
  // `delivery_report` gives what is known of delivery, on any thread that calls report().
  Collector(CollectorOptions options, Parts parts, std::function<AgentReport()> delivery_report, LoggerPtr log);

  void Run();
  void RunOnce();  // one cycle, now

  // Any thread.
  void Stop();
  [[nodiscard]] CollectorStats stats() const;
  [[nodiscard]] AgentReport report() const;  // of delivery and of the cycles so far

 private:
  bool WaitForTick();
  void Publish(const Result<void>& outcome);

  CollectorOptions options_;
  const Parts parts_;
  const std::function<AgentReport()> delivery_report_;
  const LoggerPtr log_;
  TickSchedule schedule_;
  SampleCycle cycle_;
  CycleLog cycle_log_;
  std::uint64_t late_ = 0;

  mutable std::mutex mutex_;  // of what is below: the only state that other threads touch
  std::condition_variable stopped_;
  bool stop_ = false;
  CollectorStats stats_;
};

}  // namespace vmtelem

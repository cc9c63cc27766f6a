#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "agent/hung_vm_log.h"
#include "agent/problem_watch.h"
#include "agent/tick_schedule.h"
#include "base/clock.h"
#include "base/log.h"
#include "derive/rate_tracker.h"
#include "encode/influx_encoder.h"
#include "model/agent_report.h"
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

// What a collector tells of itself.
struct CollectorStats {
  std::uint64_t cycles = 0, failed_cycles = 0, names_repaired = 0, values_out_of_range = 0;
  std::uint64_t vms = 0, hung_vms = 0;  // of the last cycle
  std::string fault;                    // likewise; empty: none
};

// Asks one hypervisor for everything at each tick, derives, encodes, and hands the lines to the queue. Run() is the
// body of the collector's thread; its one wait is for the next tick or for Stop().
class Collector {
 public:
  struct Parts {  // all must outlive the collector
    Source& source;
    LineQueue& queue;
    Clock& clock;
  };
  Collector(CollectorOptions options, Parts parts, std::function<AgentReport()> report, LoggerPtr log);

  void Run();
  void RunOnce();  // one cycle, now

  // Any thread.
  void Stop();
  [[nodiscard]] CollectorStats stats() const;

 private:
  bool WaitForTick();
  void LogOutcome(const Result<void>& outcome);
  void LogProblems();
  void LogHungVms();
  void Encode(Nanoseconds derive_time);
  void Publish(const Result<void>& outcome);

  CollectorOptions options_;
  Parts parts_;
  std::function<AgentReport()> report_;
  LoggerPtr log_;

  TickSchedule schedule_;
  RateTracker tracker_;
  HungVmLog hung_vm_log_;
  ProblemWatch problems_;
  InfluxEncoder encoder_;
  Snapshot snapshot_;
  std::vector<DomainDerived> derived_;
  Lines lines_;
  std::size_t lines_bytes_ = 0;  // of the last cycle, to reserve for the next
  std::uint64_t late_ = 0;
  std::string logged_;  // the fault that was logged last; empty: none

  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  CollectorStats stats_;
};

}  // namespace vmtelem

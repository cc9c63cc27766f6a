#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/duration_histogram.h"
#include "base/result.h"
#include "model/agent_metrics.h"
#include "model/snapshot.h"

namespace vmtelem {

// What a collector knows of its cycles. A plain value of whatever thread holds it.
struct CollectorStats {
  // Takes in a cycle that has ended, but for `polls_late`. `repaired` is the total of names.
  void Note(const Result<void>& outcome, const Snapshot& snapshot, std::uint64_t repaired);

  std::string host;  // its tag; before the first answer the one that it has until then
  std::uint64_t cycles = 0, failed_cycles = 0, names_repaired = 0, values_out_of_range = 0;
  std::uint64_t vms = 0, hung_vms = 0;  // of the last cycle
  std::string fault;                    // likewise; empty: none

  // Whether it answered in the last cycle. Absent before the first, while it is paused, and where this machine had no
  // time to read it.
  std::optional<bool> up;
  std::optional<Stamp> since;            // when the first of the cycles began that all said so, or said nothing
  std::optional<Stamp> last_collection;  // when the last cycle began that was answered
  std::string last_fault;                // of the last cycle that failed, however long ago
  std::optional<Stamp> failed_at;        // when that one began

  std::uint64_t polls = 0, poll_errors = 0, polls_late = 0;
  std::uint64_t lanes = 0, lanes_parked = 0;  // at the end of the last cycle
  DurationHistogram poll_durations;           // of the cycles that were answered

 private:
  void NoteAnswer(const Result<void>& outcome, const Snapshot& snapshot);

  std::optional<bool> last_known_up_;
};

// The same for Prometheus. Of a hypervisor that did not answer it is not known how many VMs do not.
HostMetrics MetricsOf(const CollectorStats& stats);

}  // namespace vmtelem

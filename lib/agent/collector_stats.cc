#include "agent/collector_stats.h"

namespace vmtelem {

void CollectorStats::Note(const Result<void>& outcome, const Snapshot& snapshot, std::uint64_t repaired) {
  ++cycles;
  if (!outcome) ++failed_cycles;
  fault = outcome ? std::string() : outcome.error().message;
  host = snapshot.host;
  vms = snapshot.domains.size();
  hung_vms = CountHungVms(snapshot);
  names_repaired = repaired;
  values_out_of_range = snapshot.values_out_of_range;
  polls = snapshot.polls;
  poll_errors = snapshot.poll_errors;
  lanes = snapshot.lanes;
  lanes_parked = snapshot.lanes_parked;
  const bool is_interrupted = !outcome && outcome.error().code == ErrorCode::kClosed;
  if (!is_interrupted) NoteAnswer(outcome, snapshot);  // else nothing is known of the hypervisor
}

void CollectorStats::NoteAnswer(const Result<void>& outcome, const Snapshot& snapshot) {
  up = snapshot.overloaded ? std::nullopt : std::optional(snapshot.up);
  if (up && up != last_known_up_) {
    last_known_up_ = up;
    since = snapshot.stamp;
  }
  if (outcome) {
    last_collection = snapshot.stamp;
    poll_durations.Count(snapshot.poll_latency);
  } else {
    last_fault = outcome.error().message;
    failed_at = snapshot.stamp;
  }
}

HostMetrics MetricsOf(const CollectorStats& stats) {
  HostMetrics metrics;
  metrics.last_collection.host = stats.host;
  if (stats.last_collection) metrics.last_collection.timestamp_s = Seconds(Nanoseconds(stats.last_collection->wall_ns));
  metrics.up = stats.up;
  metrics.polls = stats.polls;
  metrics.poll_errors = stats.poll_errors;
  metrics.polls_late = stats.polls_late;
  if (stats.up == true) metrics.domains_blocked = stats.hung_vms;
  if (stats.cycles > 0) {
    metrics.lanes = stats.lanes;
    metrics.lanes_parked = stats.lanes_parked;
  }
  metrics.poll_durations = stats.poll_durations;
  return metrics;
}

}  // namespace vmtelem

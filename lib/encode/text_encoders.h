#pragma once

#include <span>
#include <string>
#include <vector>

#include "encode/influx_encoder.h"
#include "model/derived.h"
#include "model/snapshot.h"

// The formats that people and pipes read. Pure functions, not the hot path.
namespace vmtelem {

// The same lines as InfluxEncoder writes, one JSON object per line: {"measurement","tags","fields","time_ns"}.
std::string JsonLines(const Snapshot& snapshot, const std::vector<DomainDerived>& derived, const CycleTimings& timings,
                      const EncodeOptions& options);

using Snapshots = std::span<const Snapshot* const>;

// Hypervisors and VMs in Prometheus text format 0.0.4: one HELP and TYPE per family for all hypervisors, families not
// interleaved, no time stamps. Names are escaped, not repaired beyond UTF-8. Rates are left to the reader of the
// counters, so none is in it. Of a hypervisor that did not answer there is libvirt_up 0 and nothing else. What the
// process says of itself: encode/agent_metrics.h.
std::string PrometheusText(Snapshots snapshots);

}  // namespace vmtelem

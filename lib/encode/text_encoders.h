#pragma once

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

// Which program wrote a text.
struct BuildInfo {
  std::string version, revision;
};

// Prometheus text format 0.0.4: one HELP and TYPE per family, families not interleaved, no time stamps. Names are
// escaped, not repaired beyond UTF-8. Rates are left to the reader of the counters, so none is in it.
std::string PrometheusText(const Snapshot& snapshot, const BuildInfo& build);

}  // namespace vmtelem

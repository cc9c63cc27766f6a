#pragma once

#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "encode/influx_encoder.h"
#include "model/derived.h"
#include "model/source.h"

namespace vmtelem {

struct Sample {
  Snapshot snapshot;
  std::vector<DomainDerived> derived;
  CycleTimings timings;
};

// One sample. With a window, two samples that far apart, of which the second is given, with rates. Blocks for the
// window and for what the source takes. The VMs are ordered by name. Fails if the hypervisor as a whole did not answer.
Result<Sample> TakeSample(Source& source, Clock& clock, Nanoseconds window);

}  // namespace vmtelem

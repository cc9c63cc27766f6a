#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "encode/influx_encoder.h"
#include "model/derived.h"
#include "model/snapshot.h"

namespace vmtelem {

// A cycle of one hypervisor: what was collected, and what follows from it. Plain data.
struct HostSample {
  Snapshot snapshot;
  std::vector<DomainDerived> derived;  // parallel to snapshot.domains
  CycleTimings timings;
};

// Keeps the memory of samples that nobody reads any more for the next cycles. Thread-safe.
class SamplePool : public std::enable_shared_from_this<SamplePool> {
 public:
  // With what an earlier one holds, to be overwritten.
  std::unique_ptr<HostSample> Take();
  // For any number of readers on any thread; nobody writes to it any more until the last one has let go of it.
  std::shared_ptr<const HostSample> Share(std::unique_ptr<HostSample> sample);

 private:
  void GiveBack(std::unique_ptr<HostSample> sample);

  std::mutex mutex_;
  std::vector<std::unique_ptr<HostSample>> free_;
};

}  // namespace vmtelem

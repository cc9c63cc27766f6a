#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "agent/host_sample.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "derive/rate_tracker.h"
#include "encode/influx_encoder.h"
#include "model/batch.h"
#include "model/derived.h"
#include "model/source.h"

namespace vmtelem {

// The way of a sample from a hypervisor to lines: collect, derive, encode. Each cycle reuses the memory of the one
// before, and its rates are since then. One thread.
class SampleCycle {
 public:
  // All but `options` must outlive this.
  SampleCycle(Source& source, Clock& clock, EncodeOptions options, LoggerPtr log);

  // Asks the hypervisor for everything.
  Result<void> Collect() { return source_.Collect(sample_->snapshot); }
  // Orders the VMs by name. libvirt lists in the order of a hash; people and diff(1) want the same order every time.
  void SortByName();
  void Derive();
  // The lines of the VMs, then the one of the hypervisor, which carries the time that those took.
  Lines Encode();

  // Gives the sample to readers on other threads; the next cycle writes to another one.
  std::shared_ptr<const HostSample> Publish();

  // One sample, derived. With a window, two samples that far apart, of which the second counts, with rates. Blocks for
  // the window and for what the source takes. The VMs are ordered by name. Fails if the hypervisor as a whole did not
  // answer.
  Result<void> Take(Nanoseconds window);

  [[nodiscard]] Snapshot& snapshot() { return sample_->snapshot; }
  [[nodiscard]] const std::vector<DomainDerived>& derived() const { return sample_->derived; }
  [[nodiscard]] const CycleTimings& timings() const { return sample_->timings; }
  [[nodiscard]] std::uint64_t names_repaired() const { return encoder_.names_repaired(); }

 private:
  Result<void> CollectAndDerive();

  Source& source_;
  Clock& clock_;
  RateTracker tracker_;
  InfluxEncoder encoder_;
  const std::shared_ptr<SamplePool> pool_ = std::make_shared<SamplePool>();
  std::unique_ptr<HostSample> sample_ = pool_->Take();
  std::size_t lines_bytes_ = 0;  // of the last cycle, to reserve for the next
};

}  // namespace vmtelem

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "agent/host_calls.h"
#include "agent/sample_cycle.h"
#include "base/clock.h"
#include "base/log.h"
#include "cmd/hosts.h"
#include "model/batch.h"
#include "model/encode_options.h"

namespace vmtelem {

// One sample of all hypervisors, those that did not answer included. One thread.
class OnceSample {
 public:
  // All but `options` must outlive this.
  OnceSample(HostCalls& hosts, Clock& clock, EncodeOptions options, const LoggerPtr& log);

  // Takes it; with a window, each hypervisor twice, that far apart. Blocks for that and for what hypervisors take.
  void Take(Nanoseconds window);

  [[nodiscard]] const std::vector<HostFault>& faults() const { return faults_; }
  [[nodiscard]] bool anybody_answered() const { return faults_.size() < parts_.size(); }
  // In the order given; of those that did not answer, up is false.
  [[nodiscard]] std::vector<const Snapshot*> snapshots() const;

  Lines Encode();
  [[nodiscard]] std::string Json() const;

 private:
  HostCalls& hosts_;
  const EncodeOptions options_;
  std::vector<std::unique_ptr<SampleCycle>> parts_;  // of each hypervisor
  std::vector<HostFault> faults_;
};

}  // namespace vmtelem

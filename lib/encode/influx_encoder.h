#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "model/agent_report.h"
#include "model/batch.h"
#include "model/derived.h"
#include "model/encode_options.h"
#include "model/snapshot.h"

namespace vmtelem {

// How long the stages after the collection took.
struct CycleTimings {
  Nanoseconds derive{}, encode{};
};

// Line protocol, the hot path: appends to the caller's buffer and allocates nothing in steady state. Tags are repaired
// and escaped once per object and kept; the memory for them is bounded by the VMs of the last snapshot. One thread.
class InfluxEncoder {
 public:
  InfluxEncoder(EncodeOptions options, LoggerPtr log);
  ~InfluxEncoder();
  InfluxEncoder(const InfluxEncoder&) = delete;
  InfluxEncoder& operator=(const InfluxEncoder&) = delete;

  // vm_totals, vm_nic, vm_disk, vm_vcpu and vm_features of every VM.
  void AppendDomains(const Snapshot& snapshot, const std::vector<DomainDerived>& derived, Lines& out);
  // The `vmtelem` line of the hypervisor.
  void AppendHost(const Snapshot& snapshot, const CycleTimings& timings, Lines& out);
  // The `vmtelem_agent` line.
  void AppendAgent(std::string_view agent, const Stamp& stamp, const AgentReport& report, Lines& out);

  [[nodiscard]] std::uint64_t names_repaired() const;
  // Logs the repairs once, at level info; see NameRepairs::Log(). To be called when a sample has all of its lines.
  void LogNameRepairs();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vmtelem

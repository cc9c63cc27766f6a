#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/counters.h"

// The outcome of one collection: facts as the hypervisor gave them, nothing derived. Plain data, of whatever thread
// holds it.
namespace vmtelem {

// A network interface of a VM.
struct NicStats {
  std::string device;  // target name on the host, e.g. vnet0; the key, since positions shift
  EnumArray<NicCounter, Counter> counters{};
  bool failed = false;  // its counters are absent because reading them failed, not because it has none
};

// A disk of a VM.
struct DiskStats {
  std::string device;  // target name in the guest, e.g. vda
  EnumArray<DiskCounter, Counter> counters{};
  EnumArray<DiskGauge, Counter> gauges{};
  bool failed = false;  // likewise
};

// A virtual CPU of a VM.
struct VcpuStats {
  unsigned index = 0;  // may be sparse
  std::optional<int> state;
  std::optional<bool> halted;
  EnumArray<VcpuCounter, Counter> counters{};
};

// The key of a device among those of its VM.
inline const std::string& KeyOf(const NicStats& nic) { return nic.device; }
inline const std::string& KeyOf(const DiskStats& disk) { return disk.device; }
inline unsigned KeyOf(const VcpuStats& vcpu) { return vcpu.index; }

// All that was read of one VM.
struct DomainStats {
  std::string name;  // as libvirt gives it: any bytes
  std::string uuid;
  Stamp stamp;  // when the call that answered was issued
  // How long that call took; the counters were read at some moment of it. The floor is the shortest time that recent
  // calls of the same kind took, this one included: all of them need so much.
  Nanoseconds call_took{}, call_floor{};

  // Changes whenever the counters may have started anew although none went backward: a start event, another domain
  // id, a reconnect after which the same run of the VM cannot be shown.
  std::uint64_t incarnation = 0;

  std::optional<std::int64_t> domain_id;
  std::optional<int> state;         // virDomainState
  std::optional<int> state_reason;  // its reason
  Counter vcpus, vcpus_max;
  EnumArray<CpuCounter, Counter> cpu{};
  EnumArray<MemoryValue, Counter> memory{};
  Counter memory_updated_s;  // since the epoch; absent while the guest has never reported
  std::vector<VcpuStats> vcpu_stats;
  std::vector<NicStats> nics;    // in the driver's order; a NIC without counters is listed without them
  std::vector<DiskStats> disks;  // likewise

  std::optional<bool> monitor_ok;  // see README.md, "What is written"; absent = not asked or another client's job
  std::optional<double> monitor_blocked_s;
};

// Whether the VM gave anything beyond its identity: a state, a counter or a gauge. Its domain id and the state of its
// monitor do not count, since they are known of a VM that does not answer too.
bool HasStatistics(const DomainStats& domain);

// All VMs of a hypervisor in one cycle.
struct Snapshot {
  std::string host;  // value of the host tag, before repair
  Stamp stamp;       // when the cycle began
  // Counts the attempts to collect. Two snapshots are neighbours, between which rates are known, if it differs by one.
  std::uint64_t cycle = 0;

  bool up = false;  // the hypervisor answered
  // This machine had no time to read the answers: `up` is false and says nothing about the hypervisor.
  bool overloaded = false;
  // Every VM that is known to run. A VM that gave no answer is listed with its identity only.
  std::vector<DomainStats> domains;
  std::vector<Error> problems;  // values that could not be read in this cycle; each names its VM

  // Totals since the source was made, but for `lanes` and `lanes_parked`, which are of now.
  std::uint64_t lanes = 0, lanes_parked = 0, polls = 0, poll_errors = 0, values_out_of_range = 0;
  std::uint64_t polls_late = 0;  // set by the scheduler of the cycles
  // Pairs of samples of a VM without rates because the time between them is not known; set by the code that derives.
  std::uint64_t rates_uncertain = 0;
  Nanoseconds poll_latency{};
};

// How many VMs of the snapshot do not answer: calls that need their monitor, or all calls for them, block.
std::size_t CountHungVms(const Snapshot& snapshot);

// A VM in a list: what list-vms shows.
struct DomainInfo {
  std::string host;
  std::optional<std::int64_t> id;  // only while it runs
  std::string name;
  std::string uuid;
  int state = 0;  // virDomainState
  Counter vcpus, memory_max_bytes, memory_bytes, cpu_time_ns;
};

// The usual name of a virDomainState without spaces: "running", "shutoff", ...; "unknown" for a number beyond them.
std::string_view DomainStateName(int state);

}  // namespace vmtelem

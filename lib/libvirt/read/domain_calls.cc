#include "libvirt/read/domain_calls.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace vmtelem {
namespace {

struct FreeText {
  void operator()(char* text) const { std::free(text); }
};
using Text = std::unique_ptr<char, FreeText>;

struct MemoryTag {
  int tag;
  MemoryValue value;
  bool is_kib;
};
constexpr std::array<MemoryTag, 11> kMemoryTags{
    {{VIR_DOMAIN_MEMORY_STAT_SWAP_IN, MemoryValue::kSwapInBytes, true},
     {VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, MemoryValue::kSwapOutBytes, true},
     {VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, MemoryValue::kMajorFaults, false},
     {VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, MemoryValue::kMinorFaults, false},
     {VIR_DOMAIN_MEMORY_STAT_UNUSED, MemoryValue::kUnusedBytes, true},
     {VIR_DOMAIN_MEMORY_STAT_AVAILABLE, MemoryValue::kAvailableBytes, true},
     {VIR_DOMAIN_MEMORY_STAT_RSS, MemoryValue::kRssBytes, true},
     {VIR_DOMAIN_MEMORY_STAT_USABLE, MemoryValue::kUsableBytes, true},
     {VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, MemoryValue::kDiskCachesBytes, true},
     {VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, MemoryValue::kHugetlbPgalloc, false},
     {VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, MemoryValue::kHugetlbPgfail, false}}};

struct BlockKey {
  std::string_view name;
  DiskCounter counter;
};
constexpr std::array<BlockKey, 9> kBlockKeys{{{VIR_DOMAIN_BLOCK_STATS_READ_REQ, DiskCounter::kRdReqs},
                                              {VIR_DOMAIN_BLOCK_STATS_READ_BYTES, DiskCounter::kRdBytes},
                                              {VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES, DiskCounter::kRdTimeNs},
                                              {VIR_DOMAIN_BLOCK_STATS_WRITE_REQ, DiskCounter::kWrReqs},
                                              {VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES, DiskCounter::kWrBytes},
                                              {VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES, DiskCounter::kWrTimeNs},
                                              {VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ, DiskCounter::kFlReqs},
                                              {VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES, DiskCounter::kFlTimeNs},
                                              {VIR_DOMAIN_BLOCK_STATS_ERRS, DiskCounter::kErrors}}};

constexpr unsigned kLiveMaximum = unsigned{VIR_DOMAIN_AFFECT_LIVE} | unsigned{VIR_DOMAIN_VCPU_MAXIMUM};

// Drivers give fewer than two dozen of either.
constexpr int kMaxParameters = 64;
using Parameters = std::array<virTypedParameter, kMaxParameters>;

constexpr const char* kTexts[] = {"state",  "information", "CPU time",         "vCPUs", "vCPU maximum",
                                  "memory", "interface",   "block statistics", "block", "block capacity"};

}  // namespace

template <class Function>
bool DomainCalls::Try(Call call, Reading& reading, const std::string& device, Function function) {
  if (reading.gone || missing_.test(static_cast<std::size_t>(call))) return false;
  if (function()) return true;
  NoteFailure(call, reading, device);
  return false;
}

void DomainCalls::NoteFailure(Call call, Reading& reading, const std::string& device) {
  const VirtError error = LastVirtError();
  if (MeansNoSuchCall(error)) missing_.set(static_cast<std::size_t>(call));
  if (error.code == VIR_ERR_NO_DOMAIN) reading.gone = true;
  if (reading.gone || MeansNotApplicable(error)) return;
  const std::string what = fmt::format("read the {} of VM '{}'{}{}", kTexts[static_cast<std::size_t>(call)],
                                       reading.stats.name, device.empty() ? "" : ", device ", device);
  reading.problems.push_back(CallError(what, error));
}

bool DomainCalls::Read(virDomainPtr domain, StatsGroups groups, DomainStats& stats, const DomainDevices* devices,
                       std::vector<Error>& problems) {
  Reading reading{domain, stats, problems};
  if (groups & kGroupState) ReadState(reading);
  if (groups & (kGroupCpu | kGroupBalloon | kGroupVcpu)) ReadInfo(reading, groups);
  if (groups & kGroupCpu) ReadCpu(reading);
  if (groups & kGroupVcpu) ReadVcpus(reading);
  if (groups & kGroupBalloon) ReadMemory(reading);
  if (devices != nullptr) ReadDevices(reading, groups, *devices);
  return !reading.gone;
}

// The bulk statistics take the CPU time from the control group if there is one, and so does virDomainGetCPUStats();
// without a control group virDomainGetCPUStats() and virDomainGetInfo() take it from /proc. Two sources of one counter
// would not agree.
bool DomainCalls::ReadWithoutMonitor(virDomainPtr domain, StatsGroups groups, DomainStats& stats,
                                     std::vector<Error>& problems) {
  Reading reading{domain, stats, problems};
  if (groups & (kGroupCpu | kGroupBalloon | kGroupVcpu)) ReadInfo(reading, groups);
  if (groups & kGroupCpu) {
    if (const Counter total = ReadCpu(reading)) stats.cpu[CpuCounter::kTimeNs] = total;
  }
  if (groups & kGroupVcpu) ReadVcpus(reading);
  return !reading.gone;
}

void DomainCalls::ReadState(Reading& reading) {
  int state = 0;
  int reason = 0;
  if (!Try(Call::kState, reading, {}, [&] { return virDomainGetState(reading.domain, &state, &reason, 0) == 0; }))
    return;
  reading.stats.state = state;
  reading.stats.state_reason = reason;
  reading.gone = state == VIR_DOMAIN_SHUTOFF;
}

void DomainCalls::ReadInfo(Reading& reading, StatsGroups groups) {
  virDomainInfo info{};
  if (!Try(Call::kInfo, reading, {}, [&] { return virDomainGetInfo(reading.domain, &info) == 0; })) return;
  reading.gone = info.state == VIR_DOMAIN_SHUTOFF;
  DomainStats& stats = reading.stats;
  if (groups & kGroupCpu) stats.cpu[CpuCounter::kTimeNs] = values_.InRange(info.cpuTime);
  if (groups & kGroupVcpu) stats.vcpus = info.nrVirtCpu;
  if (groups & kGroupBalloon) {
    stats.memory[MemoryValue::kCurrentBytes] = values_.BytesOfKib(info.memory);
    stats.memory[MemoryValue::kMaxBytes] = values_.BytesOfKib(info.maxMem);
  }
}

// The parts of the CPU time that virDomainGetInfo(), which every driver has, does not give. Returns the total that
// belongs to them, if any.
Counter DomainCalls::ReadCpu(Reading& reading) {
  Parameters parameters{};
  int count = 0;
  const bool done = Try(Call::kCpuStats, reading, {}, [&] {
    // The first call returns the number of parameters; asking for more is an error in some drivers.
    const int available = virDomainGetCPUStats(reading.domain, nullptr, 0, -1, 1, 0);
    if (available <= 0 || available > kMaxParameters) return available >= 0;
    count = virDomainGetCPUStats(reading.domain, parameters.data(), static_cast<unsigned>(available), -1, 1, 0);
    return count >= 0;
  });
  if (!done) return {};
  Counter total;
  for (const auto& parameter : std::span(parameters).first(static_cast<std::size_t>(count))) {
    const std::string_view name = parameter.field;
    const Counter value = values_.CounterOf(parameter);
    if (name == VIR_DOMAIN_CPU_STATS_CPUTIME) total = value;
    if (name == VIR_DOMAIN_CPU_STATS_USERTIME) reading.stats.cpu[CpuCounter::kUserNs] = value;
    if (name == VIR_DOMAIN_CPU_STATS_SYSTEMTIME) reading.stats.cpu[CpuCounter::kSystemNs] = value;
  }
  return total;
}

void DomainCalls::ReadVcpus(Reading& reading) {
  int maximum = 0;
  if (Try(Call::kVcpusMax, reading, {}, [&] {
        maximum = virDomainGetVcpusFlags(reading.domain, kLiveMaximum);
        return maximum >= 0;
      })) {
    reading.stats.vcpus_max = static_cast<std::uint64_t>(maximum);
  }
  std::vector<virVcpuInfo> infos(reading.stats.vcpus.value_or(0));
  int count = 0;
  if (infos.empty() || !Try(Call::kVcpus, reading, {}, [&] {
        count = virDomainGetVcpus(reading.domain, infos.data(), static_cast<int>(infos.size()), nullptr, 0);
        return count >= 0;
      })) {
    return;
  }
  for (const auto& info : std::span(infos).first(static_cast<std::size_t>(count))) {
    VcpuStats& vcpu = reading.stats.vcpu_stats.emplace_back();
    vcpu.index = info.number;
    vcpu.state = info.state;
    vcpu.counters[VcpuCounter::kTimeNs] = values_.InRange(info.cpuTime);
  }
}

void DomainCalls::ReadMemory(Reading& reading) {
  std::array<virDomainMemoryStatStruct, kMaxParameters> values{};
  int count = 0;
  if (!Try(Call::kMemoryStats, reading, {}, [&] {
        count = virDomainMemoryStats(reading.domain, values.data(), static_cast<unsigned>(values.size()), 0);
        return count >= 0;
      })) {
    return;
  }
  for (const auto& value : std::span(values).first(static_cast<std::size_t>(count))) {
    for (const auto& known : kMemoryTags) {
      if (known.tag != value.tag) continue;
      reading.stats.memory[known.value] = known.is_kib ? values_.BytesOfKib(value.val) : values_.InRange(value.val);
    }
    if (value.tag == VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE && value.val != 0)
      reading.stats.memory_updated_s = values_.InRange(value.val);
  }
}

void DomainCalls::ReadDevices(Reading& reading, StatsGroups groups, const DomainDevices& devices) {
  if (groups & kGroupInterface) {
    for (const auto& nic : devices.nics) ReadNic(reading, nic);
  }
  if (groups & kGroupBlock) {
    for (const auto& disk : devices.disks) ReadDisk(reading, disk);
  }
}

void DomainCalls::ReadNic(Reading& reading, const std::string& device) {
  NicStats& nic = reading.stats.nics.emplace_back();
  nic.device = device;
  const std::size_t problems_before = reading.problems.size();
  virDomainInterfaceStatsStruct values{};
  if (!Try(Call::kInterfaceStats, reading, device,
           [&] { return virDomainInterfaceStats(reading.domain, device.c_str(), &values, sizeof values) == 0; })) {
    nic.failed = reading.problems.size() > problems_before;
    return;
  }
  nic.counters[NicCounter::kRxBytes] = KnownOf(values.rx_bytes);
  nic.counters[NicCounter::kRxPackets] = KnownOf(values.rx_packets);
  nic.counters[NicCounter::kRxErrors] = KnownOf(values.rx_errs);
  nic.counters[NicCounter::kRxDrops] = KnownOf(values.rx_drop);
  nic.counters[NicCounter::kTxBytes] = KnownOf(values.tx_bytes);
  nic.counters[NicCounter::kTxPackets] = KnownOf(values.tx_packets);
  nic.counters[NicCounter::kTxErrors] = KnownOf(values.tx_errs);
  nic.counters[NicCounter::kTxDrops] = KnownOf(values.tx_drop);
}

void DomainCalls::ReadDisk(Reading& reading, const DiskDevice& device) {
  DiskStats& disk = reading.stats.disks.emplace_back();
  disk.device = device.target;
  if (!device.has_medium) return;
  const std::size_t problems_before = reading.problems.size();
  if (missing_.test(static_cast<std::size_t>(Call::kBlockStatsFlags)) || !ReadBlockStatsFlags(reading, disk)) {
    ReadBlockStats(reading, disk);
  }
  disk.failed = reading.problems.size() > problems_before;
  ReadBlockInfo(reading, disk);
}

// False: the driver does not have the call. A failure of this disk is no reason to take its numbers from elsewhere.
bool DomainCalls::ReadBlockStatsFlags(Reading& reading, DiskStats& disk) {
  Parameters parameters{};
  int count = 0;
  const bool done = Try(Call::kBlockStatsFlags, reading, disk.device, [&] {
    const char* name = disk.device.c_str();
    if (virDomainBlockStatsFlags(reading.domain, name, nullptr, &count, 0) != 0) return false;
    count = std::min(count, kMaxParameters);
    return virDomainBlockStatsFlags(reading.domain, name, parameters.data(), &count, 0) == 0;
  });
  if (!done) return !missing_.test(static_cast<std::size_t>(Call::kBlockStatsFlags));
  for (const auto& parameter : std::span(parameters).first(static_cast<std::size_t>(count))) {
    for (const auto& key : kBlockKeys) {
      if (key.name == parameter.field) disk.counters[key.counter] = values_.CounterOf(parameter);
    }
  }
  return true;
}

void DomainCalls::ReadBlockStats(Reading& reading, DiskStats& disk) {
  virDomainBlockStatsStruct values{};
  if (!Try(Call::kBlockStats, reading, disk.device,
           [&] { return virDomainBlockStats(reading.domain, disk.device.c_str(), &values, sizeof values) == 0; })) {
    return;
  }
  disk.counters[DiskCounter::kRdReqs] = KnownOf(values.rd_req);
  disk.counters[DiskCounter::kRdBytes] = KnownOf(values.rd_bytes);
  disk.counters[DiskCounter::kWrReqs] = KnownOf(values.wr_req);
  disk.counters[DiskCounter::kWrBytes] = KnownOf(values.wr_bytes);
  disk.counters[DiskCounter::kErrors] = KnownOf(values.errs);
}

void DomainCalls::ReadBlockInfo(Reading& reading, DiskStats& disk) {
  virDomainBlockInfo info{};
  if (!Try(Call::kBlockInfo, reading, disk.device,
           [&] { return virDomainGetBlockInfo(reading.domain, disk.device.c_str(), &info, 0) == 0; })) {
    return;
  }
  disk.gauges[DiskGauge::kCapacityBytes] = values_.InRange(info.capacity);
  disk.gauges[DiskGauge::kAllocationBytes] = values_.InRange(info.allocation);
  disk.gauges[DiskGauge::kPhysicalBytes] = values_.InRange(info.physical);
}

}  // namespace vmtelem

#include "libvirt/read/bulk_decode.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace vmtelem {
namespace {

template <class Enum>
struct Key {
  std::string_view name;
  Enum counter;
};

constexpr std::array<Key<CpuCounter>, 3> kCpuKeys{
    {{"time", CpuCounter::kTimeNs}, {"user", CpuCounter::kUserNs}, {"system", CpuCounter::kSystemNs}}};

constexpr std::array<Key<MemoryValue>, 9> kMemoryKibKeys{{{"current", MemoryValue::kCurrentBytes},
                                                          {"maximum", MemoryValue::kMaxBytes},
                                                          {"rss", MemoryValue::kRssBytes},
                                                          {"usable", MemoryValue::kUsableBytes},
                                                          {"available", MemoryValue::kAvailableBytes},
                                                          {"unused", MemoryValue::kUnusedBytes},
                                                          {"disk_caches", MemoryValue::kDiskCachesBytes},
                                                          {"swap_in", MemoryValue::kSwapInBytes},
                                                          {"swap_out", MemoryValue::kSwapOutBytes}}};

constexpr std::array<Key<MemoryValue>, 4> kMemoryCountKeys{{{"major_fault", MemoryValue::kMajorFaults},
                                                            {"minor_fault", MemoryValue::kMinorFaults},
                                                            {"hugetlb_pgalloc", MemoryValue::kHugetlbPgalloc},
                                                            {"hugetlb_pgfail", MemoryValue::kHugetlbPgfail}}};

constexpr std::array<Key<VcpuCounter>, 3> kVcpuKeys{
    {{"time", VcpuCounter::kTimeNs}, {"wait", VcpuCounter::kWaitNs}, {"delay", VcpuCounter::kDelayNs}}};

constexpr std::array<Key<NicCounter>, 8> kNicKeys{{{"rx.bytes", NicCounter::kRxBytes},
                                                   {"rx.pkts", NicCounter::kRxPackets},
                                                   {"rx.errs", NicCounter::kRxErrors},
                                                   {"rx.drop", NicCounter::kRxDrops},
                                                   {"tx.bytes", NicCounter::kTxBytes},
                                                   {"tx.pkts", NicCounter::kTxPackets},
                                                   {"tx.errs", NicCounter::kTxErrors},
                                                   {"tx.drop", NicCounter::kTxDrops}}};

constexpr std::array<Key<DiskCounter>, 9> kDiskKeys{{{"rd.reqs", DiskCounter::kRdReqs},
                                                     {"rd.bytes", DiskCounter::kRdBytes},
                                                     {"rd.times", DiskCounter::kRdTimeNs},
                                                     {"wr.reqs", DiskCounter::kWrReqs},
                                                     {"wr.bytes", DiskCounter::kWrBytes},
                                                     {"wr.times", DiskCounter::kWrTimeNs},
                                                     {"fl.reqs", DiskCounter::kFlReqs},
                                                     {"fl.times", DiskCounter::kFlTimeNs},
                                                     {"errors", DiskCounter::kErrors}}};

constexpr std::array<Key<DiskGauge>, 3> kGaugeKeys{{{"allocation", DiskGauge::kAllocationBytes},
                                                    {"capacity", DiskGauge::kCapacityBytes},
                                                    {"physical", DiskGauge::kPhysicalBytes}}};

template <class Enum, std::size_t size>
std::optional<Enum> Find(const std::array<Key<Enum>, size>& keys, std::string_view name) {
  for (const auto& key : keys) {
    if (key.name == name) return key.counter;
  }
  return std::nullopt;
}

bool TakePrefix(std::string_view& key, std::string_view prefix) {
  if (!key.starts_with(prefix)) return false;
  key.remove_prefix(prefix.size());
  return true;
}

// Takes "12." off the front of `key`.
std::optional<unsigned> TakeIndex(std::string_view& key) {
  unsigned index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  const auto digits = static_cast<std::size_t>(end - key.data());
  if (error != std::errc{} || digits == key.size() || key[digits] != '.') return std::nullopt;
  key.remove_prefix(digits + 1);
  return index;
}

// The device with this index. libvirt groups the keys by device, so it is nearly always the last one.
template <class Device>
Device& AtIndex(std::vector<Device>& devices, std::vector<unsigned>& indices, unsigned index) {
  const auto found = std::find(indices.rbegin(), indices.rend(), index);
  if (found != indices.rend()) return devices[static_cast<std::size_t>(indices.rend() - found) - 1];
  indices.push_back(index);
  return devices.emplace_back();
}

VcpuStats& VcpuAt(std::vector<VcpuStats>& vcpus, unsigned index) {
  const auto found = std::find_if(vcpus.rbegin(), vcpus.rend(), [&](const auto& vcpu) { return vcpu.index == index; });
  if (found != vcpus.rend()) return *found;
  vcpus.emplace_back().index = index;
  return vcpus.back();
}

template <class Device>
void RemoveNamelessAndRepeated(std::vector<Device>& devices) {
  const auto is_repeated = [&](const auto& device) {
    const auto first =
        std::find_if(devices.begin(), devices.end(), [&](const auto& other) { return other.device == device.device; });
    return &*first != &device;
  };
  // Backwards, so that the first of a name is still there to be compared with.
  for (auto at = devices.size(); at-- > 0;) {
    if (devices[at].device.empty() || is_repeated(devices[at])) {
      devices.erase(devices.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
}

bool IsString(const virTypedParameter& parameter) {
  return parameter.type == VIR_TYPED_PARAM_STRING && parameter.value.s != nullptr;
}

}  // namespace

StatsGroups BulkDecoder::Decode(std::span<const virTypedParameter> parameters, DomainStats& stats) {
  nic_indices_.clear();
  disk_indices_.clear();
  StatsGroups seen = 0;
  for (const auto& parameter : parameters) seen |= DecodeOne(parameter, stats);
  RemoveNamelessAndRepeated(stats.nics);
  RemoveNamelessAndRepeated(stats.disks);
  return seen;
}

StatsGroups BulkDecoder::DecodeOne(const virTypedParameter& parameter, DomainStats& stats) {
  std::string_view key(parameter.field, ::strnlen(parameter.field, VIR_TYPED_PARAM_FIELD_LENGTH));
  if (TakePrefix(key, "block.")) {
    DecodeDisk(key, parameter, stats);
    return kGroupBlock;
  }
  if (TakePrefix(key, "net.")) {
    DecodeNic(key, parameter, stats);
    return kGroupInterface;
  }
  if (TakePrefix(key, "vcpu.")) {
    DecodeVcpu(key, parameter, stats);
    return kGroupVcpu;
  }
  if (TakePrefix(key, "balloon.")) {
    DecodeBalloon(key, parameter, stats);
    return kGroupBalloon;
  }
  if (TakePrefix(key, "cpu.")) {
    DecodeCpu(key, parameter, stats);
    return kGroupCpu;
  }
  if (!TakePrefix(key, "state.")) return 0;
  if (key == "state") stats.state = IntOf(parameter);
  if (key == "reason") stats.state_reason = IntOf(parameter);
  return kGroupState;
}

void BulkDecoder::DecodeCpu(std::string_view key, const virTypedParameter& parameter, DomainStats& stats) {
  if (const auto counter = Find(kCpuKeys, key)) stats.cpu[*counter] = values_.CounterOf(parameter);
}

void BulkDecoder::DecodeBalloon(std::string_view key, const virTypedParameter& parameter, DomainStats& stats) {
  if (const auto value = Find(kMemoryKibKeys, key)) {
    const Counter kib = values_.CounterOf(parameter);
    if (kib) stats.memory[*value] = values_.BytesOfKib(*kib);
  } else if (const auto count = Find(kMemoryCountKeys, key)) {
    stats.memory[*count] = values_.CounterOf(parameter);
  } else if (key == "last-update") {
    stats.memory_updated_s = values_.CounterOf(parameter);
    // libvirt sends 0 for a guest that has never reported.
    if (stats.memory_updated_s == 0U) stats.memory_updated_s.reset();
  }
}

void BulkDecoder::DecodeVcpu(std::string_view key, const virTypedParameter& parameter, DomainStats& stats) {
  if (key == "current") stats.vcpus = values_.CounterOf(parameter);
  if (key == "maximum") stats.vcpus_max = values_.CounterOf(parameter);
  const auto index = TakeIndex(key);
  if (!index) return;
  // By key before by index: newer libvirt sends dozens of other keys for each vCPU.
  if (const auto counter = Find(kVcpuKeys, key)) {
    VcpuAt(stats.vcpu_stats, *index).counters[*counter] = values_.CounterOf(parameter);
  } else if (key == "state") {
    VcpuAt(stats.vcpu_stats, *index).state = IntOf(parameter);
  } else if (key == "halted") {
    const auto halted = IntOf(parameter);
    if (halted) VcpuAt(stats.vcpu_stats, *index).halted = *halted != 0;
  }
}

void BulkDecoder::DecodeNic(std::string_view key, const virTypedParameter& parameter, DomainStats& stats) {
  const auto index = TakeIndex(key);
  if (!index) return;
  NicStats& nic = AtIndex(stats.nics, nic_indices_, *index);
  if (const auto counter = Find(kNicKeys, key)) {
    nic.counters[*counter] = values_.CounterOf(parameter);
  } else if (key == "name" && IsString(parameter)) {
    nic.device = parameter.value.s;
  }
}

void BulkDecoder::DecodeDisk(std::string_view key, const virTypedParameter& parameter, DomainStats& stats) {
  const auto index = TakeIndex(key);
  if (!index) return;
  DiskStats& disk = AtIndex(stats.disks, disk_indices_, *index);
  if (const auto counter = Find(kDiskKeys, key)) {
    disk.counters[*counter] = values_.CounterOf(parameter);
  } else if (const auto gauge = Find(kGaugeKeys, key)) {
    disk.gauges[*gauge] = values_.CounterOf(parameter);
  } else if (key == "name" && IsString(parameter)) {
    disk.device = parameter.value.s;
  }
}

bool HasMonitorFields(const DomainStats& stats) {
  const bool from_block = std::any_of(stats.disks.begin(), stats.disks.end(),
                                      [](const auto& disk) { return disk.counters[DiskCounter::kRdReqs].has_value(); });
  return from_block || stats.memory[MemoryValue::kRssBytes].has_value();
}

bool LacksMonitorFields(const DomainStats& stats) {
  return stats.memory[MemoryValue::kCurrentBytes].has_value() && !HasMonitorFields(stats);
}

}  // namespace vmtelem

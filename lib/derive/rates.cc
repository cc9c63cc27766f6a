#include "derive/rates.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "derive/devices.h"

namespace vmtelem {
namespace {

constexpr std::array kRatedNicCounters{NicCounter::kRxBytes,  NicCounter::kRxPackets, NicCounter::kRxErrors,
                                       NicCounter::kRxDrops,  NicCounter::kTxBytes,   NicCounter::kTxPackets,
                                       NicCounter::kTxErrors, NicCounter::kTxDrops};
static_assert(kRatedNicCounters.size() == static_cast<std::size_t>(NicCounter::kCount));

template <class Counters>
bool WentBackward(const Counters& before, const Counters& now) {
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (before[i] && now[i] && *now[i] < *before[i]) return true;
  }
  return false;
}

template <class Device>
bool AnyWentBackward(const std::vector<Device>& before, const std::vector<Device>& now) {
  for (std::size_t i = 0; i < now.size(); ++i) {
    const Device* earlier = FindSame(before, now[i], i);
    if (earlier != nullptr && WentBackward(earlier->counters, now[i].counters)) return true;
  }
  return false;
}

// Of one device; all absent if it was not there before or if one of its counters went backward.
template <class Device>
auto IncreasesSince(const Device* before, const Device& now) {
  decltype(Device::counters) increases{};
  if (before == nullptr || WentBackward(before->counters, now.counters)) return increases;
  for (std::size_t i = 0; i < increases.size(); ++i) increases[i] = Increase(before->counters[i], now.counters[i]);
  return increases;
}

Rate PerSecond(const Counter& increase, double elapsed_s) {
  if (!increase) return std::nullopt;
  return static_cast<double>(*increase) / elapsed_s;
}

// What share of the time of `cpus` CPUs an increase in nanoseconds is.
Percent PercentOf(const Counter& increase_ns, double elapsed_s, double cpus) {
  if (!increase_ns) return std::nullopt;
  return static_cast<double>(*increase_ns) / (elapsed_s * 1e9 * cpus) * 100;
}

// The devices of one kind, before and now.
template <class Device>
struct Devices {
  const std::vector<Device>& before;
  const std::vector<Device>& now;
};

// Sets the rates of each device and returns the sum of the increases, all absent if the set of devices changed.
template <class Device, class Enum>
auto FillDeviceRates(const Devices<Device>& devices, std::span<const Enum> rated, double elapsed_s,
                     std::vector<EnumArray<Enum, Rate>>& rates) {
  std::optional<EnumArray<Enum, Counter>> sum;
  for (std::size_t i = 0; i < devices.now.size(); ++i) {
    const Device& device = devices.now[i];
    if (!HasCounters(device)) continue;
    const auto increases = IncreasesSince(FindSame(devices.before, device, i), device);
    for (const Enum counter : rated) rates[i][counter] = PerSecond(increases[counter], elapsed_s);
    AddTo(sum, increases);
  }
  // A device that came makes the sum absent by itself, since it has no increase; one that went is seen by the count.
  const bool none_went = CountWithCounters(devices.before) == CountWithCounters(devices.now);
  return none_went && sum ? *sum : EnumArray<Enum, Counter>{};
}

// `totals` says which sums are complete: a device that owes its part is in no sum.
template <class Enum>
void FillTotalRates(const EnumArray<Enum, Counter>& totals, const EnumArray<Enum, Counter>& increases,
                    std::span<const Enum> rated, double elapsed_s, EnumArray<Enum, Rate>& rates) {
  for (const Enum counter : rated) {
    if (totals[counter]) rates[counter] = PerSecond(increases[counter], elapsed_s);
  }
}

void FillNicRates(const DomainStats& before, const DomainStats& now, double elapsed_s, DomainDerived& derived) {
  const std::span<const NicCounter> rated(kRatedNicCounters);
  const auto increases = FillDeviceRates(Devices<NicStats>{before.nics, now.nics}, rated, elapsed_s, derived.nic_rates);
  FillTotalRates(derived.nic_totals, increases, rated, elapsed_s, derived.nic_total_rates);
}

void FillDiskRates(const DomainStats& before, const DomainStats& now, double elapsed_s, DomainDerived& derived) {
  const std::span<const DiskCounter> rated(kRatedDiskCounters);
  const auto increases =
      FillDeviceRates(Devices<DiskStats>{before.disks, now.disks}, rated, elapsed_s, derived.disk_rates);
  FillTotalRates(derived.disk_totals, increases, rated, elapsed_s, derived.disk_total_rates);
}

// Sets the percentages of each vCPU and returns the sum of the steal, absent if the set of vCPUs changed.
Counter FillVcpuPercents(const Devices<VcpuStats>& vcpus, double elapsed_s,
                         std::vector<DomainDerived::VcpuPercent>& percents) {
  std::optional<EnumArray<VcpuCounter, Counter>> sum;
  for (std::size_t i = 0; i < vcpus.now.size(); ++i) {
    const auto increases = IncreasesSince(FindSame(vcpus.before, vcpus.now[i], i), vcpus.now[i]);
    percents[i].usage = PercentOf(increases[VcpuCounter::kTimeNs], elapsed_s, 1);
    percents[i].steal = PercentOf(increases[VcpuCounter::kDelayNs], elapsed_s, 1);
    AddTo(sum, increases);
  }
  if (!sum || vcpus.before.size() != vcpus.now.size()) return std::nullopt;
  return (*sum)[VcpuCounter::kDelayNs];
}

void FillCpuPercents(const DomainStats& before, const DomainStats& now, double elapsed_s, DomainDerived& derived) {
  if (!CpuTimeIsPossible(before, now)) return;
  const Counter steal_ns =
      FillVcpuPercents(Devices<VcpuStats>{before.vcpu_stats, now.vcpu_stats}, elapsed_s, derived.vcpu_percents);
  if (!now.vcpus || *now.vcpus == 0 || before.vcpus != now.vcpus) return;
  const auto percent = [&, cpus = static_cast<double>(*now.vcpus)](CpuCounter counter) {
    return PercentOf(Increase(before.cpu[counter], now.cpu[counter]), elapsed_s, cpus);
  };
  derived.cpu_percent = percent(CpuCounter::kTimeNs);
  derived.cpu_user_percent = percent(CpuCounter::kUserNs);
  derived.cpu_system_percent = percent(CpuCounter::kSystemNs);
  derived.cpu_steal_percent = PercentOf(steal_ns, elapsed_s, static_cast<double>(*now.vcpus));
}

Rate MemoryRssRate(const DomainStats& before, const DomainStats& now, double elapsed_s) {
  const Counter& was = before.memory[MemoryValue::kRssBytes];
  const Counter& is = now.memory[MemoryValue::kRssBytes];
  if (!was || !is) return std::nullopt;
  return (static_cast<double>(*is) - static_cast<double>(*was)) / elapsed_s;
}

}  // namespace

Counter Increase(const Counter& before, const Counter& now) {
  if (!before || !now || *now < *before) return std::nullopt;
  return *now - *before;
}

bool StartedAfresh(const DomainStats& before, const DomainStats& now) {
  const bool other_id = before.domain_id && now.domain_id && *before.domain_id != *now.domain_id;
  return before.incarnation != now.incarnation || other_id || WentBackward(before.cpu, now.cpu) ||
         AnyWentBackward(before.vcpu_stats, now.vcpu_stats) || AnyWentBackward(before.disks, now.disks);
}

Percent MemoryUsedPercent(const DomainStats& domain) {
  const Counter& available = domain.memory[MemoryValue::kAvailableBytes];
  const Counter& usable = domain.memory[MemoryValue::kUsableBytes];
  if (!available || !usable || *available == 0 || *usable > *available) return std::nullopt;
  return static_cast<double>(*available - *usable) / static_cast<double>(*available) * 100;
}

bool ElapsedIsKnown(const DomainStats& before, const DomainStats& now) {
  constexpr int kTenth = 10;
  const Nanoseconds needed = std::min(before.call_floor, now.call_floor);
  const Nanoseconds uncertainty = (before.call_took - needed) + (now.call_took - needed);
  return uncertainty * kTenth <= now.stamp.steady - before.stamp.steady;
}

// The counter has user and system time in whole clock ticks of 10 ms (USER_HZ), each cut off.
bool CpuTimeIsPossible(const DomainStats& before, const DomainStats& now) {
  constexpr double kResolutionNs = 2 * 10e6, kTolerance = 1.1;
  const double elapsed_ns = Seconds(now.stamp.steady - before.stamp.steady) * 1e9;
  const auto is_possible = [&, i = std::size_t{0}](const VcpuStats& vcpu) mutable {
    const VcpuStats* earlier = FindSame(before.vcpu_stats, vcpu, i++);
    if (earlier == nullptr) return true;
    const Counter used_ns = Increase(earlier->counters[VcpuCounter::kTimeNs], vcpu.counters[VcpuCounter::kTimeNs]);
    return !used_ns || static_cast<double>(*used_ns) <= elapsed_ns * kTolerance + kResolutionNs;
  };
  return std::all_of(now.vcpu_stats.begin(), now.vcpu_stats.end(), is_possible);
}

void FillRates(const DomainStats& before, const DomainStats& now, DomainDerived& derived) {
  const double elapsed_s = Seconds(now.stamp.steady - before.stamp.steady);
  if (!(elapsed_s > 0)) return;
  FillNicRates(before, now, elapsed_s, derived);
  FillDiskRates(before, now, elapsed_s, derived);
  FillCpuPercents(before, now, elapsed_s, derived);
  derived.memory_rss_rate = MemoryRssRate(before, now, elapsed_s);
}

}  // namespace vmtelem

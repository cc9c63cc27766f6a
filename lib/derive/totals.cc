#include "derive/totals.h"

#include <algorithm>
#include <optional>

#include "derive/devices.h"

namespace vmtelem {
namespace {

using Names = std::vector<std::string>;

bool Contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <class Device>
void UpdateNames(const std::vector<Device>& devices, Names& names) {
  // No device at all may as well mean that the whole group was not answered; remembering too long only leaves a total
  // out, forgetting too early would write a sum over a part.
  if (devices.empty()) return;
  std::erase_if(names, [&](const std::string& name) {
    return std::none_of(devices.begin(), devices.end(), [&](const Device& device) { return device.device == name; });
  });
  for (const Device& device : devices) {
    if (HasCounters(device) && !Contains(names, device.device)) names.push_back(device.device);
  }
}

// A drive without a medium is listed by its name only.
bool IsEmptied(const DiskStats& disk) {
  return std::none_of(disk.gauges.begin(), disk.gauges.end(), [](const Counter& gauge) { return gauge.has_value(); });
}
bool IsEmptied(const NicStats&) { return false; }

// Of a device without counters.
template <class Device>
bool OwesItsPart(const Device& device, const Names& known) {
  return device.failed || (Contains(known, device.device) && !IsEmptied(device));
}

template <class Device>
auto SumOfDevices(const std::vector<Device>& devices, const Names& known) {
  using Counters = decltype(Device::counters);
  std::optional<Counters> sum;
  for (const Device& device : devices) {
    if (HasCounters(device)) {
      AddTo(sum, device.counters);
    } else if (OwesItsPart(device, known)) {
      return Counters{};
    }
  }
  return sum.value_or(Counters{});
}

EnumArray<VcpuCounter, Counter> SumOfVcpus(const std::vector<VcpuStats>& vcpus) {
  std::optional<EnumArray<VcpuCounter, Counter>> sum;
  for (const VcpuStats& vcpu : vcpus) AddTo(sum, vcpu.counters);
  return sum.value_or(EnumArray<VcpuCounter, Counter>{});
}

}  // namespace

void DevicesWithCounters::Update(const DomainStats& domain) {
  UpdateNames(domain.nics, nics);
  UpdateNames(domain.disks, disks);
}

void DevicesWithCounters::Clear() {
  nics.clear();
  disks.clear();
}

void FillTotals(const DomainStats& domain, const DevicesWithCounters& known, DomainDerived& derived) {
  derived.nic_totals = SumOfDevices(domain.nics, known.nics);
  derived.disk_totals = SumOfDevices(domain.disks, known.disks);
  derived.vcpu_totals = SumOfVcpus(domain.vcpu_stats);
}

}  // namespace vmtelem

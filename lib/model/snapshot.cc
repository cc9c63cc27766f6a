#include "model/snapshot.h"

#include <algorithm>
#include <array>

namespace vmtelem {
namespace {

template <class Values>
bool AnyKnown(const Values& values) {
  return std::any_of(values.begin(), values.end(), [](const auto& value) { return value.has_value(); });
}

bool Known(const VcpuStats& vcpu) { return vcpu.state || vcpu.halted || AnyKnown(vcpu.counters); }
bool Known(const NicStats& nic) { return AnyKnown(nic.counters); }
bool Known(const DiskStats& disk) { return AnyKnown(disk.counters) || AnyKnown(disk.gauges); }

template <class Devices>
bool AnyDeviceKnown(const Devices& devices) {
  return std::any_of(devices.begin(), devices.end(), [](const auto& device) { return Known(device); });
}

}  // namespace

bool HasStatistics(const DomainStats& domain) {
  return domain.state || domain.state_reason || domain.vcpus || domain.vcpus_max || AnyKnown(domain.cpu) ||
         AnyKnown(domain.memory) || domain.memory_updated_s || AnyDeviceKnown(domain.vcpu_stats) ||
         AnyDeviceKnown(domain.nics) || AnyDeviceKnown(domain.disks);
}

std::size_t CountHungVms(const Snapshot& snapshot) {
  return static_cast<std::size_t>(std::count_if(snapshot.domains.begin(), snapshot.domains.end(),
                                                [](const DomainStats& domain) { return domain.monitor_ok == false; }));
}

std::string_view DomainStateName(int state) {
  // In the order of virDomainState, libvirt/libvirt-domain.h.
  constexpr std::array<std::string_view, 8> kNames{"nostate",  "running", "blocked", "paused",
                                                   "shutdown", "shutoff", "crashed", "pmsuspended"};
  const auto index = static_cast<std::size_t>(state);
  return index < kNames.size() ? kNames[index] : "unknown";
}

}  // namespace vmtelem

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encode/exposition.h"
#include "encode/text_encoders.h"
#include "model/counters.h"
#include "model/snapshot.h"

namespace vmtelem {
namespace {

enum class Unit { kNone, kNanoseconds };

// A value of a VM, by the name that the exporters of the field use.
struct DomainFamily {
  MetricFamily family;
  Counter (*value)(const DomainStats&);
  Unit unit = Unit::kNone;
};

template <MemoryValue value>
Counter Memory(const DomainStats& domain) {
  return domain.memory[value];
}

Counter State(const DomainStats& domain) {
  if (!domain.state || *domain.state < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*domain.state);
}

Counter MonitorBlocked(const DomainStats& domain) {
  if (!domain.monitor_ok) return std::nullopt;
  return *domain.monitor_ok ? 0 : 1;
}

constexpr std::array kDomainFamilies{
    DomainFamily{{"libvirt_domain_info_state", "gauge", "State of the VM, virDomainState."}, State},
    DomainFamily{{"libvirt_domain_info_virtual_cpus", "gauge", "Virtual CPUs that are online."},
                 [](const DomainStats& domain) { return domain.vcpus; }},
    DomainFamily{{"libvirt_domain_info_maximum_memory_bytes", "gauge", "Memory that the VM may have at most."},
                 Memory<MemoryValue::kMaxBytes>},
    DomainFamily{{"libvirt_domain_info_memory_usage_bytes", "gauge", "Memory that the VM has, the balloon's size."},
                 Memory<MemoryValue::kCurrentBytes>},
    DomainFamily{{"libvirt_domain_info_cpu_time_seconds_total", "counter", "CPU time of the VM with its I/O threads."},
                 [](const DomainStats& domain) { return domain.cpu[CpuCounter::kTimeNs]; },
                 Unit::kNanoseconds},
    DomainFamily{{"libvirt_domain_memory_stats_rss_bytes", "gauge", "Resident memory of the VM's process."},
                 Memory<MemoryValue::kRssBytes>},
    DomainFamily{{"libvirt_domain_memory_stats_available_bytes", "gauge", "All memory that the guest sees."},
                 Memory<MemoryValue::kAvailableBytes>},
    DomainFamily{
        {"libvirt_domain_memory_stats_usable_bytes", "gauge", "Memory that the guest can use without swapping."},
        Memory<MemoryValue::kUsableBytes>},
    DomainFamily{{"libvirt_domain_memory_stats_unused_bytes", "gauge", "Memory that the guest leaves unused."},
                 Memory<MemoryValue::kUnusedBytes>},
    DomainFamily{
        {"libvirt_domain_memory_stats_disk_caches_bytes", "gauge", "Memory that the guest uses as disk cache."},
        Memory<MemoryValue::kDiskCachesBytes>},
    DomainFamily{
        {"libvirt_domain_memory_stats_major_fault_total", "counter", "Page faults in the guest that read a disk."},
        Memory<MemoryValue::kMajorFaults>},
    DomainFamily{
        {"libvirt_domain_memory_stats_minor_fault_total", "counter", "Page faults in the guest that read no disk."},
        Memory<MemoryValue::kMinorFaults>},
    DomainFamily{{"libvirt_domain_monitor_blocked", "gauge", "Whether the VM's monitor does not answer."},
                 MonitorBlocked},
};

// A counter of each NIC or disk.
template <class Enum>
struct DeviceFamily {
  MetricFamily family;
  Enum counter;
  Unit unit = Unit::kNone;
};

constexpr std::array kDiskFamilies{
    DeviceFamily<DiskCounter>{{"libvirt_domain_block_stats_read_bytes_total", "counter", "Bytes read from the disk."},
                              DiskCounter::kRdBytes},
    DeviceFamily<DiskCounter>{
        {"libvirt_domain_block_stats_read_requests_total", "counter", "Read requests to the disk."},
        DiskCounter::kRdReqs},
    DeviceFamily<DiskCounter>{
        {"libvirt_domain_block_stats_read_time_seconds_total", "counter", "Time that read requests took, summed up."},
        DiskCounter::kRdTimeNs,
        Unit::kNanoseconds},
    DeviceFamily<DiskCounter>{{"libvirt_domain_block_stats_write_bytes_total", "counter", "Bytes written to the disk."},
                              DiskCounter::kWrBytes},
    DeviceFamily<DiskCounter>{
        {"libvirt_domain_block_stats_write_requests_total", "counter", "Write requests to the disk."},
        DiskCounter::kWrReqs},
    DeviceFamily<DiskCounter>{
        {"libvirt_domain_block_stats_write_time_seconds_total", "counter", "Time that write requests took, summed up."},
        DiskCounter::kWrTimeNs,
        Unit::kNanoseconds},
};

constexpr std::array kNicFamilies{
    DeviceFamily<NicCounter>{
        {"libvirt_domain_interface_stats_receive_bytes_total", "counter", "Bytes that the guest received."},
        NicCounter::kRxBytes},
    DeviceFamily<NicCounter>{
        {"libvirt_domain_interface_stats_receive_packets_total", "counter", "Packets that the guest received."},
        NicCounter::kRxPackets},
    DeviceFamily<NicCounter>{
        {"libvirt_domain_interface_stats_receive_errors_total", "counter", "Errors on the way to the guest."},
        NicCounter::kRxErrors},
    DeviceFamily<NicCounter>{
        {"libvirt_domain_interface_stats_receive_drops_total", "counter", "Packets dropped on the way to the guest."},
        NicCounter::kRxDrops},
    DeviceFamily<NicCounter>{
        {"libvirt_domain_interface_stats_transmit_bytes_total", "counter", "Bytes that the guest sent."},
        NicCounter::kTxBytes},
    DeviceFamily<NicCounter>{
        {"libvirt_domain_interface_stats_transmit_packets_total", "counter", "Packets that the guest sent."},
        NicCounter::kTxPackets},
    DeviceFamily<NicCounter>{
        {"libvirt_domain_interface_stats_transmit_errors_total", "counter", "Errors on the way from the guest."},
        NicCounter::kTxErrors},
    DeviceFamily<NicCounter>{{"libvirt_domain_interface_stats_transmit_drops_total", "counter",
                              "Packets dropped on the way from the guest."},
                             NicCounter::kTxDrops},
};

// A value that no exporter would count up to is a sentinel of the hypervisor.
void WriteSample(Exposition& out, std::string_view labels, const Counter& value, Unit unit) {
  if (!value || !std::in_range<std::int64_t>(*value)) return;
  if (unit == Unit::kNanoseconds) {
    out.Sample(labels, static_cast<double>(*value) / 1e9);
  } else {
    out.Sample(labels, *value);
  }
}

std::string HostLabels(const Snapshot& snapshot) {
  std::string labels;
  AppendLabel(labels, "host", snapshot.host);
  return labels;
}

// A VM of any of the hypervisors.
struct LabelledDomain {
  const DomainStats* domain;
  std::string labels;
};
using LabelledDomains = std::vector<LabelledDomain>;

LabelledDomains Label(Snapshots snapshots) {
  LabelledDomains labelled;
  for (const Snapshot* snapshot : snapshots) {
    const std::string host = HostLabels(*snapshot);
    for (const DomainStats& domain : snapshot->domains) {
      LabelledDomain& next = labelled.emplace_back(LabelledDomain{&domain, host});
      AppendLabel(next.labels, "domain", domain.name);
      AppendLabel(next.labels, "uuid", domain.uuid);
    }
  }
  return labelled;
}

void WriteDomainFamily(Exposition& out, const DomainFamily& family, const LabelledDomains& labelled) {
  out.Begin(family.family);
  for (const auto& [domain, labels] : labelled) WriteSample(out, labels, family.value(*domain), family.unit);
}

template <class Enum, class Device>
void WriteDeviceFamily(Exposition& out, const DeviceFamily<Enum>& family, const LabelledDomains& labelled,
                       std::vector<Device> DomainStats::*devices) {
  out.Begin(family.family);
  for (const auto& [domain, domain_labels] : labelled) {
    for (const Device& device : domain->*devices) {
      std::string labels = domain_labels;
      AppendLabel(labels, "target_device", device.device);
      WriteSample(out, labels, device.counters[family.counter], family.unit);
    }
  }
}

void WriteHypervisors(Exposition& out, Snapshots snapshots) {
  out.Begin({"libvirt_up", "gauge", "Whether the hypervisor answered."});
  for (const Snapshot* snapshot : snapshots) {
    if (!snapshot->overloaded) out.Sample(HostLabels(*snapshot), snapshot->up ? 1 : 0);
  }
  out.Begin({"libvirt_domains", "gauge", "VMs that are known to run."});
  for (const Snapshot* snapshot : snapshots) {
    if (snapshot->up) out.Sample(HostLabels(*snapshot), snapshot->domains.size());
  }
}

}  // namespace

std::string PrometheusText(Snapshots snapshots) {
  Exposition out;
  const LabelledDomains labelled = Label(snapshots);
  WriteHypervisors(out, snapshots);
  for (const DomainFamily& family : kDomainFamilies) WriteDomainFamily(out, family, labelled);
  for (const auto& family : kDiskFamilies) WriteDeviceFamily(out, family, labelled, &DomainStats::disks);
  for (const auto& family : kNicFamilies) WriteDeviceFamily(out, family, labelled, &DomainStats::nics);
  return out.Take();
}

}  // namespace vmtelem

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/counters.h"
#include "model/snapshot.h"

// The Prometheus metrics of VMs, by the names that the exporters of the field use. Inside encode/ only.
namespace vmtelem::prometheus {

struct Family {
  std::string_view name, type, help;
};

enum class Unit { kAsItIs, kNanoseconds };

// A value of a VM.
struct DomainFamily {
  Family family;
  Counter (*value)(const DomainStats&);
  Unit unit = Unit::kAsItIs;
};

template <MemoryValue value>
Counter Memory(const DomainStats& domain) {
  return domain.memory[value];
}

inline Counter State(const DomainStats& domain) {
  if (!domain.state || *domain.state < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*domain.state);
}

inline Counter MonitorBlocked(const DomainStats& domain) {
  if (!domain.monitor_ok) return std::nullopt;
  return *domain.monitor_ok ? 0 : 1;
}

inline constexpr std::array kDomainFamilies{
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
  Family family;
  Enum counter;
  Unit unit = Unit::kAsItIs;
};

inline constexpr std::array kDiskFamilies{
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

inline constexpr std::array kNicFamilies{
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

}  // namespace vmtelem::prometheus

#pragma once

#include <optional>
#include <vector>

#include "model/counters.h"

// Values computed from two neighbouring snapshots, kept apart from the facts. Plain data.
namespace vmtelem {

using Rate = std::optional<double>;  // per second of measured time
// 0 to 100; may exceed 100 by the time that the hypervisor itself used, and by the 10 % to which the time is known.
using Percent = std::optional<double>;

// The computed values of one VM.
struct DomainDerived {
  // Sums over the devices; a sum is absent unless every device that has counters gave its part.
  EnumArray<NicCounter, Counter> nic_totals{};
  EnumArray<DiskCounter, Counter> disk_totals{};
  EnumArray<VcpuCounter, Counter> vcpu_totals{};

  // From the second sample on. The vectors lie parallel to DomainStats::nics, ::disks and ::vcpu_stats.
  bool has_features = false;
  EnumArray<NicCounter, Rate> nic_total_rates{};
  EnumArray<DiskCounter, Rate> disk_total_rates{};  // only kRatedDiskCounters are ever set
  std::vector<EnumArray<NicCounter, Rate>> nic_rates;
  std::vector<EnumArray<DiskCounter, Rate>> disk_rates;
  Rate memory_rss_rate;  // may be negative
  Percent cpu_percent, cpu_user_percent, cpu_system_percent, cpu_steal_percent, memory_used_percent;
  struct VcpuPercent {
    Percent usage, steal;
  };
  std::vector<VcpuPercent> vcpu_percents;
};

}  // namespace vmtelem

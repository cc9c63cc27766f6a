#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// The counters of a VM as enumerations, so that decoding, deriving and encoding are loops over one list and a
// counter's name is written once. Units are in the names; the meaning of each is in README.md, "What is written".
namespace vmtelem {

using Counter = std::optional<std::uint64_t>;  // absent = not known, which is never zero

// An array that is indexed by an enumeration whose last member is kCount.
template <class Enum, class T>
struct EnumArray : std::array<T, static_cast<std::size_t>(Enum::kCount)> {
  using Base = std::array<T, static_cast<std::size_t>(Enum::kCount)>;
  using Base::operator[];
  constexpr T& operator[](Enum index) { return Base::operator[](static_cast<std::size_t>(index)); }
  constexpr const T& operator[](Enum index) const { return Base::operator[](static_cast<std::size_t>(index)); }
};

// Counters of a NIC from the guest's point of view: rx is what the guest received.
enum class NicCounter { kRxBytes, kRxPackets, kRxErrors, kRxDrops, kTxBytes, kTxPackets, kTxErrors, kTxDrops, kCount };
inline constexpr EnumArray<NicCounter, std::string_view> kNicCounterNames{
    {"rx_bytes", "rx_packets", "rx_errors", "rx_drops", "tx_bytes", "tx_packets", "tx_errors", "tx_drops"}};

// Counters of a disk. kErrors only where the hypervisor knows it; QEMU does not.
enum class DiskCounter {
  kRdReqs,
  kRdBytes,
  kRdTimeNs,
  kWrReqs,
  kWrBytes,
  kWrTimeNs,
  kFlReqs,
  kFlTimeNs,
  kErrors,
  kCount
};
inline constexpr EnumArray<DiskCounter, std::string_view> kDiskCounterNames{
    {"rd_reqs", "rd_bytes", "rd_time_ns", "wr_reqs", "wr_bytes", "wr_time_ns", "fl_reqs", "fl_time_ns", "errors"}};

// The disk counters that have a rate.
inline constexpr std::array kRatedDiskCounters{DiskCounter::kRdReqs, DiskCounter::kRdBytes, DiskCounter::kWrReqs,
                                               DiskCounter::kWrBytes};

// A size of a disk or its image.
enum class DiskGauge { kCapacityBytes, kAllocationBytes, kPhysicalBytes, kCount };
inline constexpr EnumArray<DiskGauge, std::string_view> kDiskGaugeNames{
    {"capacity_bytes", "allocation_bytes", "physical_bytes"}};

// Counters of a virtual CPU. kDelayNs is time spent runnable but not running: steal.
enum class VcpuCounter { kTimeNs, kWaitNs, kDelayNs, kCount };
inline constexpr EnumArray<VcpuCounter, std::string_view> kVcpuCounterNames{{"time_ns", "wait_ns", "delay_ns"}};

// CPU times of the whole VM with its I/O threads, so kTimeNs is at least the sum over the vCPUs.
enum class CpuCounter { kTimeNs, kUserNs, kSystemNs, kCount };
inline constexpr EnumArray<CpuCounter, std::string_view> kCpuCounterNames{{"time_ns", "user_ns", "system_ns"}};

// A gauge or counter of the memory of a VM and its guest.
enum class MemoryValue {
  kCurrentBytes,
  kMaxBytes,
  kRssBytes,
  kUsableBytes,
  kAvailableBytes,
  kUnusedBytes,
  kDiskCachesBytes,
  kSwapInBytes,
  kSwapOutBytes,
  kMajorFaults,
  kMinorFaults,
  kHugetlbPgalloc,
  kHugetlbPgfail,
  kCount
};
inline constexpr EnumArray<MemoryValue, std::string_view> kMemoryValueNames{
    {"current_bytes", "max_bytes", "rss_bytes", "usable_bytes", "available_bytes", "unused_bytes", "disk_caches_bytes",
     "swap_in_bytes", "swap_out_bytes", "major_faults", "minor_faults", "hugetlb_pgalloc", "hugetlb_pgfail"}};

}  // namespace vmtelem

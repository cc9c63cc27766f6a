#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <optional>
#include <utility>

#include "encode/field_name.h"
#include "encode/influx_encoder.h"
#include "model/agent_report.h"
#include "model/derived.h"
#include "model/snapshot.h"

// Every field there is, its name and its type: one walk over the data that feeds a writer, so that line protocol and
// JSON cannot differ. Inside encode/ only.
namespace vmtelem {

// A kind of line, by its measurement.
enum class Measurement { kTotals, kNic, kDisk, kVcpu, kFeatures, kHost, kAgent, kCount };
inline constexpr EnumArray<Measurement, std::string_view> kMeasurementNames{
    {"vm_totals", "vm_nic", "vm_disk", "vm_vcpu", "vm_features", "vmtelem", "vmtelem_agent"}};

// Takes the fields of one line, those whose values are known.
template <class W>
concept FieldWriter = requires(W writer, const FieldName& name) {
  writer.Integer(name, std::int64_t{});
  writer.Float(name, double{});
  writer.Flag(name, bool{});
};

inline constexpr auto kCpuFields = FieldNames("cpu_", kCpuCounterNames, "");
inline constexpr auto kVcpuTotalFields = FieldNames("vcpu_", kVcpuCounterNames, "");
inline constexpr auto kVcpuFields = FieldNames("", kVcpuCounterNames, "");
inline constexpr auto kMemoryFields = FieldNames("mem_", kMemoryValueNames, "");
inline constexpr auto kNicFields = FieldNames("", kNicCounterNames, "");
inline constexpr auto kNicRateFields = FieldNames("", kNicCounterNames, "_rate");
inline constexpr auto kNetFields = FieldNames("net_", kNicCounterNames, "");
inline constexpr auto kNetRateFields = FieldNames("net_", kNicCounterNames, "_rate");
inline constexpr auto kNetAngleFields = FieldNames("net_", kNicCounterNames, "_angle_deg");
inline constexpr auto kDiskFields = FieldNames("", kDiskCounterNames, "");
inline constexpr auto kDiskGaugeFields = FieldNames("", kDiskGaugeNames, "");
inline constexpr auto kDiskRateFields = FieldNames("", kDiskCounterNames, "_rate");
inline constexpr auto kDiskTotalFields = FieldNames("disk_", kDiskCounterNames, "");
inline constexpr auto kDiskTotalRateFields = FieldNames("disk_", kDiskCounterNames, "_rate");
inline constexpr auto kDiskTotalAngleFields = FieldNames("disk_", kDiskCounterNames, "_angle_deg");

// A value that line protocol has no integer for is a sentinel of the hypervisor and is left out.
template <FieldWriter W, std::integral T>
void WriteInteger(W& writer, const FieldName& name, const std::optional<T>& value) {
  if (value && std::in_range<std::int64_t>(*value)) writer.Integer(name, static_cast<std::int64_t>(*value));
}

template <FieldWriter W>
void WriteFloat(W& writer, const FieldName& name, const std::optional<double>& value) {
  if (value && std::isfinite(*value)) writer.Float(name, *value);
}

template <FieldWriter W>
void WriteFlag(W& writer, const FieldName& name, const std::optional<bool>& value) {
  if (value) writer.Flag(name, *value);
}

template <FieldWriter W, class Names, class Counters>
void WriteIntegers(W& writer, const Names& names, const Counters& counters) {
  for (std::size_t i = 0; i < names.size(); ++i) WriteInteger(writer, names[i], counters[i]);
}

template <FieldWriter W, class Names, class Rates>
void WriteFloats(W& writer, const Names& names, const Rates& rates) {
  for (std::size_t i = 0; i < names.size(); ++i) WriteFloat(writer, names[i], rates[i]);
}

// The slope of a counter as an angle, strictly inside (-90, 90) although the arc tangent of a large rate rounds to 90.
inline std::optional<double> AngleDeg(const Rate& rate) {
  if (!rate || !std::isfinite(*rate)) return std::nullopt;
  static const double kBelow90 = std::nextafter(90.0, 0.0);
  return std::clamp(std::atan(*rate) * (180 / std::numbers::pi), -kBelow90, kBelow90);
}

template <FieldWriter W>
void WriteRateAndAngle(W& writer, const FieldName& rate_name, const FieldName& angle_name, const Rate& rate) {
  WriteFloat(writer, rate_name, rate);
  WriteFloat(writer, angle_name, AngleDeg(rate));
}

// How old the guest's own memory statistics were when the VM was asked. libvirt gives whole seconds of its host's
// clock, cut off, so the age may be up to a second too high. A report that came after we asked, or a clock of another
// host that is ahead, would make it negative: then it is not known.
inline std::optional<double> MemoryStatsAge(const DomainStats& domain) {
  constexpr std::uint64_t kMaxSeconds = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
  if (!domain.memory_updated_s || *domain.memory_updated_s > kMaxSeconds) return std::nullopt;
  const auto updated_ns = static_cast<std::int64_t>(*domain.memory_updated_s) * 1'000'000'000;
  if (domain.stamp.wall_ns < updated_ns) return std::nullopt;
  return static_cast<double>(domain.stamp.wall_ns - updated_ns) / 1e9;
}

template <FieldWriter W>
void WriteTotals(W& writer, const DomainStats& domain, const DomainDerived& derived) {
  // The id alone is no statistic: a VM that did not answer has no line, or a line that says why.
  if (HasStatistics(domain)) {
    WriteInteger(writer, "state", domain.state);
    WriteInteger(writer, "state_reason", domain.state_reason);
    WriteInteger(writer, "domain_id", domain.domain_id);
  }
  WriteInteger(writer, "vcpus", domain.vcpus);
  WriteInteger(writer, "vcpus_max", domain.vcpus_max);
  WriteIntegers(writer, kCpuFields, domain.cpu);
  WriteIntegers(writer, kVcpuTotalFields, derived.vcpu_totals);
  WriteIntegers(writer, kMemoryFields, domain.memory);
  WriteFloat(writer, "mem_stats_age_s", MemoryStatsAge(domain));
  WriteIntegers(writer, kNetFields, derived.nic_totals);
  WriteIntegers(writer, kDiskTotalFields, derived.disk_totals);
  WriteFlag(writer, "monitor_ok", domain.monitor_ok);
  WriteFloat(writer, "monitor_blocked_s", domain.monitor_blocked_s);
}

template <FieldWriter W>
void WriteNic(W& writer, const NicStats& nic, const EnumArray<NicCounter, Rate>& rates) {
  WriteIntegers(writer, kNicFields, nic.counters);
  WriteFloats(writer, kNicRateFields, rates);
}

template <FieldWriter W>
void WriteDisk(W& writer, const DiskStats& disk, const EnumArray<DiskCounter, Rate>& rates) {
  WriteIntegers(writer, kDiskFields, disk.counters);
  WriteIntegers(writer, kDiskGaugeFields, disk.gauges);
  for (const DiskCounter counter : kRatedDiskCounters) WriteFloat(writer, kDiskRateFields[counter], rates[counter]);
}

template <FieldWriter W>
void WriteVcpu(W& writer, const VcpuStats& vcpu, const DomainDerived::VcpuPercent& percent) {
  WriteInteger(writer, "state", vcpu.state);
  WriteIntegers(writer, kVcpuFields, vcpu.counters);
  WriteFlag(writer, "halted", vcpu.halted);
  WriteFloat(writer, "usage_percent", percent.usage);
  WriteFloat(writer, "steal_percent", percent.steal);
}

template <FieldWriter W>
void WriteFeatures(W& writer, const DomainDerived& derived) {
  for (std::size_t i = 0; i < kNetRateFields.size(); ++i) {
    WriteRateAndAngle(writer, kNetRateFields[i], kNetAngleFields[i], derived.nic_total_rates[i]);
  }
  for (const DiskCounter counter : kRatedDiskCounters) {
    WriteRateAndAngle(writer, kDiskTotalRateFields[counter], kDiskTotalAngleFields[counter],
                      derived.disk_total_rates[counter]);
  }
  WriteRateAndAngle(writer, "mem_rss_bytes_rate", "mem_rss_bytes_angle_deg", derived.memory_rss_rate);
  WriteFloat(writer, "cpu_percent", derived.cpu_percent);
  WriteFloat(writer, "cpu_user_percent", derived.cpu_user_percent);
  WriteFloat(writer, "cpu_system_percent", derived.cpu_system_percent);
  WriteFloat(writer, "cpu_steal_percent", derived.cpu_steal_percent);
  WriteFloat(writer, "mem_used_percent", derived.memory_used_percent);
}

// Neither the VMs nor the latency of a hypervisor that did not answer are known. Of one that was not read, not even
// that is known.
template <FieldWriter W>
void WriteHost(W& writer, const Snapshot& snapshot, const CycleTimings& timings) {
  if (!snapshot.overloaded) writer.Flag("up", snapshot.up);
  if (snapshot.up) {
    WriteInteger(writer, "vms", std::optional(snapshot.domains.size()));
    WriteInteger(writer, "vms_monitor_blocked", std::optional(CountHungVms(snapshot)));
  }
  WriteInteger(writer, "lanes", Counter(snapshot.lanes));
  WriteInteger(writer, "lanes_parked", Counter(snapshot.lanes_parked));
  WriteInteger(writer, "polls", Counter(snapshot.polls));
  WriteInteger(writer, "poll_errors", Counter(snapshot.poll_errors));
  WriteInteger(writer, "polls_late", Counter(snapshot.polls_late));
  WriteInteger(writer, "rates_uncertain", Counter(snapshot.rates_uncertain));
  if (snapshot.up) {
    writer.Float("poll_latency_ms", Milliseconds(snapshot.poll_latency));
    writer.Float("derive_latency_ms", Milliseconds(timings.derive));
    writer.Float("encode_latency_ms", Milliseconds(timings.encode));
  }
}

template <FieldWriter W>
void WriteAgent(W& writer, const AgentReport& report) {
  WriteInteger(writer, "lines_sampled", Counter(report.lines.sampled));
  WriteInteger(writer, "lines_recovered", Counter(report.lines.recovered));
  WriteInteger(writer, "lines_queued", Counter(report.lines.queued));
  WriteInteger(writer, "lines_spooled", Counter(report.lines.spooled));
  WriteInteger(writer, "lines_in_flight", Counter(report.lines.in_flight));
  WriteInteger(writer, "lines_written", Counter(report.lines.written));
  WriteInteger(writer, "lines_rejected", Counter(report.lines.rejected));
  WriteInteger(writer, "lines_dropped", Counter(report.lines.dropped));
  WriteInteger(writer, "lines_handed_over", Counter(report.lines.handed_over));
  WriteInteger(writer, "rejected_displaced_lines", Counter(report.rejected_displaced_lines));
  WriteInteger(writer, "queue_bytes", Counter(report.queue_bytes));
  WriteInteger(writer, "spool_bytes", Counter(report.spool_bytes));
  WriteInteger(writer, "spool_batches", Counter(report.spool_batches));
  WriteInteger(writer, "writes", Counter(report.writes));
  WriteInteger(writer, "write_retries", Counter(report.write_retries));
  WriteInteger(writer, "names_repaired", Counter(report.names_repaired));
  WriteInteger(writer, "values_out_of_range", Counter(report.values_out_of_range));
  if (report.write_latency.count() > 0) writer.Float("write_latency_ms", Milliseconds(report.write_latency));
  writer.Flag("paused", report.paused);
}

}  // namespace vmtelem

#pragma once

#include <chrono>
#include <cstdint>

#include "encode/influx_encoder.h"
#include "fakes/line_protocol_parser.h"
#include "fakes/null_logger.h"
#include "model/derived.h"
#include "model/snapshot.h"

namespace vmtelem {

inline constexpr std::int64_t kSampleNs = 1'700'000'000'250'000'000;
inline constexpr const char* kSampleUuid = "11111111-2222-3333-4444-555555555555";

// 1, 2, 3, ... so that every value is another one.
template <class Values>
void Count(Values& values, std::uint64_t& next) {
  for (auto& value : values) value.emplace(next++);
}

// A running VM with one NIC, one disk, one vCPU and every value there is.
inline DomainStats FullDomain() {
  std::uint64_t next = 100;
  DomainStats domain;
  domain.name = "web 01";
  domain.uuid = kSampleUuid;
  domain.stamp.wall_ns = kSampleNs;
  domain.domain_id = 7;
  domain.state = 1;
  domain.state_reason = 5;
  domain.vcpus = 2;
  domain.vcpus_max = 4;
  Count(domain.cpu, next);
  Count(domain.memory, next);
  domain.memory_updated_s = 1'700'000'000 - 3;
  domain.vcpu_stats = {{3, 1, true, {}}};
  Count(domain.vcpu_stats[0].counters, next);
  domain.nics = {{"vnet0", {}}};
  Count(domain.nics[0].counters, next);
  domain.disks = {{"vda", {}, {}}};
  Count(domain.disks[0].counters, next);
  Count(domain.disks[0].gauges, next);
  domain.monitor_ok = false;
  domain.monitor_blocked_s = 1.5;
  return domain;
}

// A VM of which only the state is known.
inline DomainStats NamedVm(std::string name, std::string uuid = kSampleUuid) {
  DomainStats domain;
  domain.name = std::move(name);
  domain.uuid = std::move(uuid);
  domain.stamp.wall_ns = kSampleNs;
  domain.state = 1;
  return domain;
}

// A VM of which nothing can be read without blocking.
inline DomainStats SetAside(std::string name) {
  DomainStats domain;
  domain.name = std::move(name);
  domain.uuid = kSampleUuid;
  domain.monitor_ok = false;
  domain.monitor_blocked_s = 12;
  return domain;
}

inline DomainDerived FullDerived() {
  DomainDerived derived;
  std::uint64_t next = 200;
  Count(derived.nic_totals, next);
  Count(derived.disk_totals, next);
  Count(derived.vcpu_totals, next);
  derived.has_features = true;
  derived.nic_total_rates.fill(1);
  for (const DiskCounter counter : kRatedDiskCounters) derived.disk_total_rates[counter] = 0.5;
  derived.nic_rates.resize(1);
  derived.nic_rates[0].fill(2.25);
  derived.disk_rates.resize(1);
  for (const DiskCounter counter : kRatedDiskCounters) derived.disk_rates[0][counter] = 1e21;
  derived.memory_rss_rate = -1;
  derived.cpu_percent = 12.5;
  derived.cpu_user_percent = 10;
  derived.cpu_system_percent = 2.5;
  derived.cpu_steal_percent = 0;
  derived.memory_used_percent = 75;
  derived.vcpu_percents = {{25, 0.125}};
  return derived;
}

inline Snapshot SnapshotOf(std::vector<DomainStats> domains) {
  Snapshot snapshot;
  snapshot.host = "hv1";
  snapshot.stamp.wall_ns = kSampleNs - 1'000'000;
  snapshot.up = true;
  snapshot.domains = std::move(domains);
  snapshot.lanes = 1;
  snapshot.polls = 12;
  snapshot.poll_errors = 2;
  snapshot.polls_late = 3;
  snapshot.rates_uncertain = 4;
  snapshot.poll_latency = std::chrono::microseconds(12'500);
  return snapshot;
}

inline CycleTimings SampleTimings() { return {std::chrono::microseconds(250), std::chrono::microseconds(500)}; }

// What a new encoder writes of the VMs.
inline Lines EncodeDomains(const Snapshot& snapshot, const std::vector<DomainDerived>& derived,
                           EncodeOptions options = {}) {
  Lines lines;
  InfluxEncoder(options, MakeNullLogger()).AppendDomains(snapshot, derived, lines);
  return lines;
}

// The same, of one VM, read back.
inline std::vector<ParsedLine> ParsedDomain(const DomainStats& domain, const DomainDerived& derived = {}) {
  return LineProtocolParser::Parse(EncodeDomains(SnapshotOf({domain}), {derived}, {.per_vcpu = true}).bytes).lines;
}

}  // namespace vmtelem

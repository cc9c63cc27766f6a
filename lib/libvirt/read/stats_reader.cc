#include "libvirt/read/stats_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "libvirt/api/bulk_call.h"
#include "libvirt/api/domain_identity.h"
#include "libvirt/read/look_up.h"

namespace vmtelem {
namespace {

// Keeps a reply far below libvirt's limit of 32 MiB, which newer daemons with dozens of keys per vCPU reach at some
// 1,900 VMs.
constexpr std::size_t kMaxDomainsPerCall = 400;

constexpr StatsGroups kMonitorGroups = kGroupBalloon | kGroupBlock;
// QEMU's driver takes a VM's job, and asks its monitor, for every other group, even where it needs neither.
constexpr StatsGroups kGroupsWithoutJob = kGroupState | kGroupInterface;
constexpr StatsGroups kGroupsWithRates = kAllGroups & ~kGroupState;

struct GroupBit {
  StatsGroup group;
  unsigned libvirt_bit;
};
// Never IOTHREAD, DIRTYRATE or PERF: before libvirt 11 the failure of one VM in these fails the call for all VMs.
constexpr std::array<GroupBit, 6> kGroupBits{{{kGroupState, VIR_DOMAIN_STATS_STATE},
                                              {kGroupCpu, VIR_DOMAIN_STATS_CPU_TOTAL},
                                              {kGroupBalloon, VIR_DOMAIN_STATS_BALLOON},
                                              {kGroupVcpu, VIR_DOMAIN_STATS_VCPU},
                                              {kGroupInterface, VIR_DOMAIN_STATS_INTERFACE},
                                              {kGroupBlock, VIR_DOMAIN_STATS_BLOCK}}};

unsigned LibvirtBits(StatsGroups groups) {
  unsigned bits = 0;
  for (const auto& [group, bit] : kGroupBits) bits |= (groups & group) != 0 ? bit : 0U;
  return bits;
}

std::span<const virTypedParameter> ParametersOf(const virDomainStatsRecord& record) {
  return {record.params, static_cast<std::size_t>(std::max(record.nparams, 0))};
}

// Takes out the balloon where it was asked as a witness only, see BulkBits().
void DropUnasked(StatsGroups groups, DomainStats& stats) {
  if ((groups & kGroupBalloon) != 0) return;
  stats.memory = {};
  stats.memory_updated_s.reset();
}

// QEMU's driver chooses the active VMs first and reads each later, so that one may have been shut off in between: it
// has no id then. A VM whose QEMU has died and was not cleaned up yet still runs for libvirt, which reads its process's
// times and memory as 0 (virProcessGetStatInfo). A living process always has memory.
bool HasEnded(const DomainStats& stats) {
  return !stats.domain_id || stats.state == VIR_DOMAIN_SHUTOFF || stats.memory[MemoryValue::kRssBytes] == 0U;
}

tl::unexpected<Error> LostConnection(const std::string& reason) {
  return Fail(ErrorCode::kUnreachable, "the connection was lost: " + reason);
}

}  // namespace

// One Read() while it goes on.
struct StatsReader::Reading {
  const StatsQuery& query;
  StatsGroups groups;
  LaneClock& clock;
  StatsResult result{};

  struct Partial {
    DomainHandle domain;
    std::size_t slot;
  };
  std::vector<Partial> partial{};

  // References to other VMs of the result end here.
  DomainStats& Add(virDomainPtr domain, const CallTime& call) {
    return result.domains.emplace_back(Identified(domain, call));
  }

  static DomainStats Identified(virDomainPtr domain, const CallTime& call) {
    DomainStats stats;
    stats.name = NameOf(domain);
    stats.uuid = UuidOf(domain);
    stats.domain_id = IdOf(domain);
    stats.stamp = call.begin;
    stats.call_took = call.took;
    return stats;
  }
};

StatsReader::StatsReader(const Connection& connection)
    : connection_(connection), is_qemu_(connection.type() == "QEMU") {}

Result<StatsResult> StatsReader::Read(std::span<const virDomainPtr> domains, const StatsQuery& query,
                                      LaneClock& clock) {
  const StatsGroups mask = query.depth == Depth::kFull ? kAllGroups : kGroupsWithoutJob;
  Reading reading{query, query.groups & mask, clock};
  reading.result.domains.reserve(domains.size());
  const std::uint64_t out_of_range_before = decoder_.values_out_of_range() + calls_.values_out_of_range();
  for (std::size_t first = 0; first < domains.size(); first += kMaxDomainsPerCall) {
    const auto chunk = domains.subspan(first, std::min(kMaxDomainsPerCall, domains.size() - first));
    if (auto read = ReadInBulk(chunk, reading); !read) return tl::make_unexpected(std::move(read.error()));
  }
  if (auto retried = RetryPartial(reading); !retried) return tl::make_unexpected(std::move(retried.error()));
  reading.result.values_out_of_range =
      decoder_.values_out_of_range() + calls_.values_out_of_range() - out_of_range_before;
  return std::move(reading.result);
}

Result<void> StatsReader::ReadInBulk(std::span<const virDomainPtr> domains, Reading& reading) {
  const StatsGroups in_bulk = reading.groups & ~missing_in_bulk_;
  if (in_bulk == 0) return ReadByCalls(domains, reading);
  const auto stamp = reading.clock.Now();
  if (!stamp) return Abandoned();
  const auto records = GetStats(domains, BulkBits(reading, in_bulk), nowait_);
  if (!records) return ReadApart(domains, LastVirtError(), reading);
  const auto end = reading.clock.Now();
  if (!end) return Abandoned();
  return TakeRecords(records->all, {*stamp, end->steady - stamp->steady}, reading);
}

// Reads on after a bulk call that failed: by calls that the driver has, or in halves, so that one VM's error costs that
// VM only.
Result<void> StatsReader::ReadApart(std::span<const virDomainPtr> domains, const VirtError& error, Reading& reading) {
  if (connection_.LostAfter(error)) return LostConnection(error.message);
  // The vz driver does not know the flag. QEMU's driver does, so there the error has another cause.
  if (error.code == VIR_ERR_INVALID_ARG && nowait_ && !is_qemu_) {
    nowait_ = false;
    return ReadInBulk(domains, reading);
  }
  if (MeansNoSuchCall(error)) {
    missing_in_bulk_ = kAllGroups;
    return ReadByCalls(domains, reading);
  }
  Error failure = CallError("read the statistics of the VMs", error);
  if (failure.code == ErrorCode::kDenied) return tl::make_unexpected(failure);
  if (domains.size() == 1) {
    if (failure.code == ErrorCode::kNotFound) return {};
    const DomainStats& stats = reading.Add(domains[0], {reading.clock.Now().value_or(Stamp{})});
    reading.result.problems.push_back(CallError(fmt::format("read the statistics of VM '{}'", stats.name), error));
    return {};
  }
  const auto half = domains.size() / 2;
  auto first = ReadInBulk(domains.first(half), reading);
  return first ? ReadInBulk(domains.subspan(half), reading) : first;
}

Result<void> StatsReader::TakeRecords(std::span<const virDomainStatsRecordPtr> records, const CallTime& call,
                                      Reading& reading) {
  auto& domains = reading.result.domains;
  const std::size_t first = domains.size();
  StatsGroups seen = 0;
  std::vector<virDomainPtr> running;
  running.reserve(records.size());
  for (const auto* record : records) {
    DomainStats& stats = reading.Add(record->dom, call);
    seen |= decoder_.Decode(ParametersOf(*record), stats);
    if (is_qemu_ && HasEnded(stats)) {
      domains.pop_back();
      continue;
    }
    running.push_back(record->dom);
    if (is_qemu_ && reading.query.depth == Depth::kFull) NoteMonitor(record->dom, domains.size() - 1, reading);
  }
  // QEMU's bulk has every group; there, a group may be missing because a VM is busy, which is not for ever.
  if (!probed_ && !records.empty() && !is_qemu_) missing_in_bulk_ = reading.groups & ~seen;
  probed_ = probed_ || !records.empty();
  return FillFromCalls(running, first, reading);
}

// `vms` lie in the result from `first` on; VMs that have gone meanwhile are taken out.
Result<void> StatsReader::FillFromCalls(std::span<const virDomainPtr> vms, std::size_t first, Reading& reading) {
  const bool beside_bulk = is_qemu_ && reading.query.depth == Depth::kWithoutMonitor;
  const StatsGroups groups = beside_bulk ? reading.query.groups : reading.groups & missing_in_bulk_;
  if (groups == 0) return {};
  auto& domains = reading.result.domains;
  std::size_t kept = first;
  for (std::size_t i = 0; i < vms.size(); ++i) {
    const auto running = ReadByCalls(vms[i], groups, domains[first + i], reading);
    if (!running) return tl::make_unexpected(running.error());
    if (*running) std::swap(domains[kept++], domains[first + i]);
  }
  domains.resize(kept);
  return {};
}

Result<void> StatsReader::ReadByCalls(std::span<const virDomainPtr> domains, Reading& reading) {
  const bool whole = reading.query.depth == Depth::kFull;
  const StatsGroups groups = whole ? reading.groups : reading.query.groups;
  for (auto* domain : domains) {
    DomainStats& stats = reading.Add(domain, {reading.clock.Now().value_or(Stamp{})});
    const auto running = ReadByCalls(domain, groups, stats, reading);
    if (!running) return tl::make_unexpected(running.error());
    if (!*running) reading.result.domains.pop_back();
  }
  return {};
}

// Returns false if the VM is not running any more. Counters that the bulk call gave were read earlier, so their stamp
// stays.
Result<bool> StatsReader::ReadByCalls(virDomainPtr domain, StatsGroups groups, DomainStats& stats, Reading& reading) {
  const auto stamp = reading.clock.Now();
  if (!stamp) return Abandoned();
  auto& problems = reading.result.problems;
  const std::size_t problems_before = problems.size();
  bool running = false;
  if (is_qemu_ && !MayLookUp(domain, reading.clock)) return reading.groups != 0;  // the values from bulk remain
  if (is_qemu_ && reading.query.depth == Depth::kWithoutMonitor) {
    running = calls_.ReadWithoutMonitor(domain, groups, stats, problems);
  } else {
    if ((reading.groups & ~groups & kGroupsWithRates) == 0) stats.stamp = *stamp;
    const auto* devices = FindDevices(*reading.query.devices, stats.uuid, stats.domain_id);
    running = calls_.Read(domain, groups, stats, devices, problems);
  }
  const auto end = reading.clock.Now();
  if (!end) return Abandoned();
  stats.call_took = end->steady - stats.stamp.steady;
  if (problems.size() == problems_before) return running;
  if (!connection_.alive()) return LostConnection(problems.back().message);
  reading.result.stale_devices.push_back(stats.uuid);
  return running;
}

void StatsReader::NoteMonitor(virDomainPtr domain, std::size_t slot, Reading& reading) {
  DomainStats& stats = reading.result.domains[slot];
  if ((reading.groups & kMonitorGroups) == 0) return;
  if (HasMonitorFields(stats)) {
    stats.monitor_ok = true;
  } else if (LacksMonitorFields(stats)) {
    virDomainRef(domain);
    reading.partial.push_back({DomainHandle(domain), slot});
  }
  DropUnasked(reading.groups, stats);
}

// Asks VMs again whose job another client held just then: it rarely holds the job for long. VMs whose job a hanging
// call of our own holds are not asked again.
Result<void> StatsReader::RetryPartial(Reading& reading) {
  const auto& hung = reading.query.hung;
  std::vector<virDomainPtr> domains;
  for (const auto& partial : reading.partial) {
    const std::string& uuid = reading.result.domains[partial.slot].uuid;
    if (std::find(hung.begin(), hung.end(), uuid) == hung.end()) domains.push_back(partial.domain.get());
  }
  if (!domains.empty()) {
    const auto stamp = reading.clock.Now();
    if (!stamp) return Abandoned();
    if (const auto records = GetStats(domains, BulkBits(reading, reading.groups), nowait_)) {
      const auto end = reading.clock.Now();
      if (!end) return Abandoned();
      for (const auto* record : records->all) TakeRetried(*record, {*stamp, end->steady - stamp->steady}, reading);
    } else if (const VirtError error = LastVirtError(); connection_.LostAfter(error)) {
      return LostConnection(error.message);
    }
  }
  for (const auto& partial : reading.partial) {
    DomainStats& stats = reading.result.domains[partial.slot];
    if (stats.monitor_ok) continue;
    reading.result.without_monitor.push_back(stats.uuid);
    const bool is_known = std::find(hung.begin(), hung.end(), stats.uuid) != hung.end();
    if (!is_known) NoteBusyMonitor(partial.domain.get(), reading.clock, stats);
  }
  return {};
}

void StatsReader::TakeRetried(const virDomainStatsRecord& record, const CallTime& call, Reading& reading) {
  DomainStats retried = Reading::Identified(record.dom, call);
  decoder_.Decode(ParametersOf(record), retried);
  if (!HasMonitorFields(retried)) return;
  retried.monitor_ok = true;
  DropUnasked(reading.groups, retried);
  const auto is_same = [&](const auto& partial) { return reading.result.domains[partial.slot].uuid == retried.uuid; };
  const auto found = std::find_if(reading.partial.begin(), reading.partial.end(), is_same);
  if (found != reading.partial.end()) reading.result.domains[found->slot] = std::move(retried);
}

// QEMU's disks alone cannot tell a busy VM from a VM whose disks never have counters (empty, vhost-user); the balloon
// can, see LacksMonitorFields().
unsigned StatsReader::BulkBits(const Reading& reading, StatsGroups groups) const {
  const bool needs_witness = is_qemu_ && reading.query.depth == Depth::kFull && (groups & kGroupBlock) != 0;
  return LibvirtBits(needs_witness ? groups | kGroupBalloon : groups);
}

}  // namespace vmtelem

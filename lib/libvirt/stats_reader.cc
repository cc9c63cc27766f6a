#include "libvirt/stats_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "libvirt/domain_identity.h"

namespace vmtelem {
namespace {

// Keeps a reply far below libvirt's limit of 32 MiB, which newer daemons with dozens of keys per vCPU reach at some
// 1,900 VMs.
constexpr std::size_t kMaxDomainsPerCall = 400;

constexpr StatsGroups kMonitorGroups = kGroupBalloon | kGroupBlock;

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

struct Records {
  RecordsHandle owner;
  std::span<const virDomainStatsRecordPtr> all;
};

// Asks for `domains`, which must not be empty. Nothing: it failed, see LastVirtError().
std::optional<Records> GetStats(std::span<const DomainHandle> domains, unsigned libvirt_bits, bool nowait) {
  std::vector<virDomainPtr> pointers;
  pointers.reserve(domains.size() + 1);
  for (const auto& domain : domains) pointers.push_back(domain.get());
  pointers.push_back(nullptr);
  // ACTIVE, because for a VM that has just been shut off libvirtd would open its disk images. NOWAIT, because without
  // it one VM that is busy for another client costs up to 30 s.
  unsigned flags = VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE;
  if (nowait) flags |= VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;
  virDomainStatsRecordPtr* records = nullptr;
  const int count = virDomainListGetStats(pointers.data(), libvirt_bits, &records, flags);
  if (count < 0) return std::nullopt;
  return Records{RecordsHandle(records), {records, static_cast<std::size_t>(count)}};
}

tl::unexpected<Error> LostConnection(const std::string& reason) {
  return Fail(ErrorCode::kUnreachable, "the connection was lost: " + reason);
}

tl::unexpected<Error> Abandoned() { return Fail(ErrorCode::kTimeout, "the call was given up"); }

}  // namespace

// One Read() while it goes on.
struct StatsReader::Reading {
  StatsGroups groups;
  Answer& answer;
  LaneClock& clock;
  std::size_t used = 0;  // so many of answer.domains are of this answer; the rest is memory

  struct Partial {
    DomainHandle domain;
    std::size_t slot;
  };
  std::vector<Partial> partial{};

  // A cleared place for a VM; references to others end here.
  DomainStats& Add(virDomainPtr domain, const Stamp& stamp) {
    if (used == answer.domains.size()) answer.domains.emplace_back();
    DomainStats& stats = answer.domains[used++];
    ClearCounters(stats);
    SetIdentity(stats, domain);
    stats.stamp = stamp;
    return stats;
  }
};

StatsReader::StatsReader(const Connection& connection, Nanoseconds device_cache_ttl)
    : connection_(connection), is_qemu_(connection.type() == "QEMU"), calls_(device_cache_ttl) {}

Result<void> StatsReader::Read(std::span<const DomainHandle> domains, StatsGroups groups, Answer& answer,
                               LaneClock& clock) {
  Reading reading{groups, answer, clock};
  answer.problems.clear();
  const std::uint64_t out_of_range_before = decoder_.values_out_of_range() + calls_.values_out_of_range();
  for (std::size_t first = 0; first < domains.size(); first += kMaxDomainsPerCall) {
    const auto chunk = domains.subspan(first, std::min(kMaxDomainsPerCall, domains.size() - first));
    auto read = ReadInBulk(chunk, reading);
    if (!read) return read;
  }
  auto retried = RetryPartial(reading);
  answer.domains.resize(reading.used);
  answer.values_out_of_range = decoder_.values_out_of_range() + calls_.values_out_of_range() - out_of_range_before;
  return retried;
}

Result<void> StatsReader::ReadInBulk(std::span<const DomainHandle> domains, Reading& reading) {
  const StatsGroups in_bulk = reading.groups & ~missing_in_bulk_;
  if (in_bulk == 0) return ReadByCalls(domains, reading);
  const auto stamp = reading.clock.Now();
  if (!stamp) return Abandoned();
  const auto records = GetStats(domains, BulkBits(in_bulk), nowait_);
  if (!records) return ReadApart(domains, LastVirtError(), reading);
  return TakeRecords(records->all, *stamp, reading);
}

// After a bulk call that failed: by what the driver does have, or in halves, so that one VM's error costs that VM only.
Result<void> StatsReader::ReadApart(std::span<const DomainHandle> domains, const VirtError& error, Reading& reading) {
  if (connection_.LostAfter(error)) return LostConnection(error.message);
  // The vz driver does not know the flag. QEMU's does: there, the error is of something else.
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
    const DomainStats& stats = reading.Add(domains[0].get(), reading.clock.Now().value_or(Stamp{}));
    reading.answer.problems.push_back(CallError(fmt::format("read the statistics of VM '{}'", stats.name), error));
    return {};
  }
  const auto half = domains.size() / 2;
  auto first = ReadInBulk(domains.first(half), reading);
  return first ? ReadInBulk(domains.subspan(half), reading) : first;
}

Result<void> StatsReader::TakeRecords(std::span<const virDomainStatsRecordPtr> records, const Stamp& stamp,
                                      Reading& reading) {
  const std::size_t first = reading.used;
  StatsGroups seen = 0;
  for (const auto* record : records) {
    DomainStats& stats = reading.Add(record->dom, stamp);
    seen |= decoder_.Decode(ParametersOf(*record), stats);
    if (is_qemu_) NoteMonitor(record->dom, reading.used - 1, reading);
  }
  // QEMU's bulk has every group; there, a group may be missing because a VM is busy, which is not for ever.
  if (!probed_ && !records.empty() && !is_qemu_) missing_in_bulk_ = reading.groups & ~seen;
  probed_ = probed_ || !records.empty();
  return FillFromCalls(records, first, reading);
}

// The VMs of `records` lie in the answer from `first` on; those that have gone meanwhile are taken out.
Result<void> StatsReader::FillFromCalls(std::span<const virDomainStatsRecordPtr> records, std::size_t first,
                                        Reading& reading) {
  const StatsGroups groups = reading.groups & missing_in_bulk_;
  if (groups == 0) return {};
  auto& domains = reading.answer.domains;
  std::size_t kept = first;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto running = ReadByCalls(records[i]->dom, groups, domains[first + i], reading);
    if (!running) return tl::make_unexpected(running.error());
    if (*running) std::swap(domains[kept++], domains[first + i]);
  }
  reading.used = kept;
  return {};
}

Result<void> StatsReader::ReadByCalls(std::span<const DomainHandle> domains, Reading& reading) {
  for (const auto& domain : domains) {
    const auto running = ReadByCalls(domain.get(), reading.groups, reading.Add(domain.get(), {}), reading);
    if (!running) return tl::make_unexpected(running.error());
    if (!*running) --reading.used;
  }
  return {};
}

// False: not running any more.
Result<bool> StatsReader::ReadByCalls(virDomainPtr domain, StatsGroups groups, DomainStats& stats, Reading& reading) {
  const auto stamp = reading.clock.Now();
  if (!stamp) return Abandoned();
  stats.stamp = *stamp;
  auto& problems = reading.answer.problems;
  const std::size_t problems_before = problems.size();
  const bool running = calls_.Read(domain, groups, stats, stamp->steady, problems);
  if (problems.size() > problems_before && !connection_.alive()) {
    return LostConnection(problems.back().message);
  }
  return running;
}

void StatsReader::NoteMonitor(virDomainPtr domain, std::size_t slot, Reading& reading) {
  DomainStats& stats = reading.answer.domains[slot];
  if ((reading.groups & kMonitorGroups) == 0) return;
  if (HasMonitorFields(stats)) {
    stats.monitor_ok = true;
  } else if (LacksMonitorFields(stats)) {
    virDomainRef(domain);
    reading.partial.push_back({DomainHandle(domain), slot});
  }
  DropUnasked(reading.groups, stats);
}

// Another client held the job of these VMs just then; it is rarely held for long.
Result<void> StatsReader::RetryPartial(Reading& reading) {
  if (reading.partial.empty()) return {};
  std::vector<DomainHandle> domains;
  for (auto& partial : reading.partial) domains.push_back(std::move(partial.domain));
  const auto stamp = reading.clock.Now();
  if (!stamp) return Abandoned();
  const auto records = GetStats(domains, BulkBits(reading.groups), nowait_);
  if (!records) {
    const VirtError error = LastVirtError();
    if (connection_.LostAfter(error)) return LostConnection(error.message);
  } else {
    for (const auto* record : records->all) TakeRetried(*record, *stamp, reading);
  }
  for (const auto& partial : reading.partial) {
    const DomainStats& stats = reading.answer.domains[partial.slot];
    if (stats.monitor_ok) continue;
    reading.answer.problems.push_back(
        {ErrorCode::kTimeout,
         fmt::format("part of the statistics of VM '{}' is missing: another call to libvirt holds its job", stats.name),
         {}});
  }
  return {};
}

void StatsReader::TakeRetried(const virDomainStatsRecord& record, const Stamp& stamp, Reading& reading) {
  ClearCounters(retried_);
  SetIdentity(retried_, record.dom);
  retried_.stamp = stamp;
  decoder_.Decode(ParametersOf(record), retried_);
  if (!HasMonitorFields(retried_)) return;
  retried_.monitor_ok = true;
  DropUnasked(reading.groups, retried_);
  const auto is_same = [&](const auto& partial) { return reading.answer.domains[partial.slot].uuid == retried_.uuid; };
  const auto found = std::find_if(reading.partial.begin(), reading.partial.end(), is_same);
  if (found != reading.partial.end()) std::swap(reading.answer.domains[found->slot], retried_);
}

// Of QEMU's disks alone nobody could tell a busy VM from one whose disks never have counters (empty, vhost-user); its
// balloon tells, see LacksMonitorFields().
unsigned StatsReader::BulkBits(StatsGroups groups) const {
  const bool needs_witness = is_qemu_ && (groups & kGroupBlock) != 0;
  return LibvirtBits(needs_witness ? groups | kGroupBalloon : groups);
}

}  // namespace vmtelem

#include "libvirt/snapshot_filler.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_set>

#include <fmt/format.h>

namespace vmtelem {
namespace {

constexpr std::size_t kFewVms = 3;

DomainStats& Add(const DomainRef& domain, Snapshot& snapshot) {
  DomainStats& stats = snapshot.domains.emplace_back();
  stats.name = domain.name;
  stats.uuid = domain.uuid;
  stats.domain_id = domain.id;
  stats.stamp = snapshot.stamp;
  return stats;
}

}  // namespace

void SnapshotFiller::TakeStats(std::vector<StatsResult>& stats, Snapshot& snapshot) {
  snapshot.domains.clear();
  for (StatsResult& shard : stats) {
    call_floors_.Assign(shard.kind, shard.domains);
    std::move(shard.domains.begin(), shard.domains.end(), std::back_inserter(snapshot.domains));
    std::move(shard.problems.begin(), shard.problems.end(), std::back_inserter(snapshot.problems));
  }
}

void SnapshotFiller::NoteMonitors(const CycleResult& result, Snapshot& snapshot) const {
  std::unordered_set<std::string> partial;
  for (const StatsResult& stats : result.stats)
    partial.insert(stats.without_monitor.begin(), stats.without_monitor.end());
  for (DomainStats& domain : snapshot.domains) {
    const bool lacks = partial.contains(domain.uuid) || parts_.stuck.hung(domain.uuid);
    if (!domain.monitor_ok && lacks) NoteMonitor(domain, snapshot.problems);
  }
}

void SnapshotFiller::NoteMonitor(DomainStats& domain, std::vector<Error>& problems) const {
  if (const auto since = parts_.stuck.since(domain.uuid)) return NoteBlocked(domain, *since);
  const std::string message =
      fmt::format("part of the statistics of VM '{}' is missing: another call to libvirt holds its job", domain.name);
  problems.push_back({ErrorCode::kTimeout, message, {}});
}

void SnapshotFiller::NoteBlocked(DomainStats& domain, SteadyTime since) const {
  domain.monitor_ok = false;
  domain.monitor_blocked_s = Seconds(parts_.clock.SteadyNow() - since);
}

void SnapshotFiller::AddUnread(const CycleResult& result, Snapshot& snapshot) const {
  for (const auto& domain : result.failed) {
    Add(*domain, snapshot);
    const std::string message = fmt::format("VM '{}' was not read: {}", domain->name, result.why_failed);
    snapshot.problems.push_back({ErrorCode::kTimeout, message, {}});
  }
  for (const auto& domain : result.late) Add(*domain, snapshot);
  if (result.late.empty()) return;
  constexpr std::string_view kSlow = "{} is slow: some calls take longer than a cycle";
  constexpr std::string_view kOverloaded = "some calls to {} take longer than a cycle: this machine is overloaded";
  snapshot.problems.push_back(
      {ErrorCode::kTimeout,
       fmt::format(fmt::runtime(result.late_by_overload ? kOverloaded : kSlow), parts_.shown_uri),
       {}});
}

void SnapshotFiller::AddSetAside(const DomainRefs& set_aside, std::size_t all, Snapshot& snapshot) const {
  std::unordered_set<std::string> listed;
  for (const DomainStats& domain : snapshot.domains) listed.insert(domain.uuid);
  const bool most = set_aside.size() >= kFewVms && 2 * set_aside.size() > all;
  for (const auto& domain : set_aside) {
    if (!listed.insert(domain->uuid).second) continue;
    DomainStats& stats = Add(*domain, snapshot);
    const auto since = parts_.stuck.since(domain->uuid);
    if (since && !most) NoteBlocked(stats, *since);
  }
  if (!most) return;
  const std::string message = fmt::format("{}: the calls for most VMs wait for the daemon", parts_.shown_uri);
  snapshot.problems.push_back({ErrorCode::kTimeout, message, {}});
}

void SnapshotFiller::Finish(std::size_t read, Snapshot& snapshot) {
  call_floors_.KeepOnly(snapshot.domains);
  runs_.Assign(snapshot.domains);
  // A VM that was not read counts as being in the same run as before, but nothing is known of it now.
  for (std::size_t i = read; i < snapshot.domains.size(); ++i) snapshot.domains[i].domain_id.reset();
}

}  // namespace vmtelem

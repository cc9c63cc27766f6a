#include <algorithm>
#include <utility>

#include "libvirt/poll.h"

namespace vmtelem {
namespace {

// A daemon that is slow has a VM's command under way for a moment, not for most of the time. Where one VM was found
// already, the next is believed sooner.
constexpr Nanoseconds kLeastBlocked = std::chrono::milliseconds(200);
constexpr Nanoseconds kLeastBlockedInPart = std::chrono::milliseconds(80);
// A daemon that has just started holds the locks of VMs itself, while it takes them over (1.4 s for 20 of them).
constexpr Nanoseconds kTakeOver = std::chrono::seconds(5);
// After so many looks at which nobody was found, a few shards that are late while the others are not are asked again.
constexpr int kLooksInVain = 3;

}  // namespace

void Poll::LookInto(SteadyTime now) {
  parts_.stuck.Refresh();
  DomainRefs suspects;
  for (const Asking& asking : asking_) {
    if (asking.look_at > now) continue;
    suspects.insert(suspects.end(), asking.piece.domains.begin(), asking.piece.domains.end());
  }
  if (suspects.empty()) return;
  const SweepReport report = parts_.control.Sweep(suspects);
  if (report.silent && !AnythingReturned(report)) {
    parts_.control.NoteSilent();
    last_error_ = parts_.control.NoAnswer().value();
    return GiveUp();
  }
  if (!IsTakingOver(now)) {
    for (const auto& locked : report.locked) parts_.stuck.NoteLocked(*locked.domain, locked.call, now);
  }
  for (Asking& asking : asking_) {
    if (asking.look_at <= now && !asking.lane->idle()) Settle(asking, report);
  }
  std::erase_if(asking_, [](const Asking& asking) { return asking.lane == nullptr; });
}

// While the sweep took its time.
bool Poll::AnythingReturned(const SweepReport& report) const {
  return std::any_of(asking_.begin(), asking_.end(), [](const Asking& asking) { return asking.lane->idle(); }) ||
         std::any_of(report.locked.begin(), report.locked.end(),
                     [](const auto& locked) { return locked.call.returned(); });
}

bool Poll::IsTakingOver(SteadyTime now) const { return is_first_ && now - begun_ < kTakeOver; }

// Leaves the lane behind if a VM holds it up; else gives it another while.
void Poll::Settle(Asking& asking, const SweepReport& report) {
  ++asking.looks;
  const DomainRefs hung = HungOf(asking, report);
  DomainRefs locked;
  for (const auto& domain : asking.piece.domains) {
    if (parts_.stuck.set_aside(domain->uuid)) locked.push_back(domain);
  }
  if (hung.empty() && locked.empty() && HoldsUpAlone(asking, report) && asking.piece.domains.size() == 1) {
    locked = asking.piece.domains;
  }
  if (!hung.empty() || !locked.empty() || HoldsUpAlone(asking, report)) {
    LeaveBehind(asking, hung, locked);
  } else {
    asking.look_at = parts_.clock.SteadyNow() + LimitOf(asking);
  }
}

// A call without the monitor does not wait for one.
DomainRefs Poll::HungOf(const Asking& asking, const SweepReport& report) const {
  if (asking.piece.depth == Depth::kWithoutMonitor) return {};
  const Nanoseconds most_of_the_time = (parts_.clock.SteadyNow() - asking.since) / 2;
  const Nanoseconds least = asking.piece.is_part ? kLeastBlockedInPart : kLeastBlocked;
  DomainRefs hung;
  for (const auto& domain : asking.piece.domains) {
    const auto found = std::find_if(report.blocked.begin(), report.blocked.end(),
                                    [&](const auto& blocked) { return blocked.uuid == domain->uuid; });
    if (found == report.blocked.end() || parts_.stuck.hung(domain->uuid)) continue;
    if (found->blocked >= std::max(least, most_of_the_time)) hung.push_back(domain);
  }
  return hung;
}

bool Poll::HoldsUpAlone(const Asking& asking, const SweepReport& report) const {
  if (IsTakingOver(parts_.clock.SteadyNow())) return false;
  return report.incomplete || (!result_.answers.empty() && asking.looks >= kLooksInVain);
}

void Poll::LeaveBehind(Asking& asking, const DomainRefs& hung, const DomainRefs& locked) {
  const ParkedCall call = asking.lane->Park();
  asking.lane = nullptr;
  for (const auto& domain : hung) parts_.stuck.NoteHung(*domain, call, asking.since);
  SetAside(locked, call, asking.since);
  DomainRefs rest = std::move(asking.piece.domains);
  std::erase_if(rest, [&](const auto& domain) { return parts_.stuck.set_aside(domain->uuid); });
  // Where it is known who holds the call up, the others can be asked.
  const bool may_ask = !locked.empty() || parts_.lanes.lot()->blocked(parts_.clock.SteadyNow()) <= plan_.blocked_max;
  if (!may_ask) return SetAside(rest, call, asking.since);
  for (auto& half : Split(rest, 2)) {
    queue_.push_back({std::move(half), asking.piece.depth, true, asking.piece.asked_again});
  }
}

void Poll::SetAside(const DomainRefs& domains, const ParkedCall& call, SteadyTime since) {
  for (const auto& domain : domains) parts_.stuck.NoteLocked(*domain, call, since);
  result_.set_aside.insert(result_.set_aside.end(), domains.begin(), domains.end());
}

}  // namespace vmtelem

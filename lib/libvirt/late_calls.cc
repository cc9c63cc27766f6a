#include "libvirt/late_calls.h"

#include <algorithm>
#include <utility>

namespace vmtelem {
namespace {

using Kind = StatsCall::Kind;

// With a slow daemon a command to a VM's monitor takes a moment, not most of the time. After one VM was found to hang,
// a shorter command suffices as proof for the next.
constexpr Nanoseconds kLeastBlocked = std::chrono::milliseconds(200);
constexpr Nanoseconds kLeastBlockedInPart = std::chrono::milliseconds(80);
// After so many searches that found no VM, a few late calls are made again, if others are not late.
constexpr int kLooksInVain = 3;
// A search for a VM that was asked in a call of its own begins after this time. An ordinary `virsh destroy` is over by
// then.
constexpr Nanoseconds kLoneSearchAfter = std::chrono::seconds(1);

bool Contains(const DomainRefs& domains, const std::shared_ptr<const DomainRef>& domain) {
  return std::find(domains.begin(), domains.end(), domain) != domains.end();
}

}  // namespace

void LateCalls::Begin(SteadyTime now, bool is_first) {
  is_first_ = is_first;
  if (is_first && !was_restarted_) NoteNewDaemon(now);
  was_restarted_ = was_restarted_ && now < taking_over_until_;
}

LateCalls::Judgement LateCalls::Look(SteadyTime now, bool others_answered) {
  others_answered_ = others_answered;
  judgement_ = {};
  parts_.stuck.Refresh();
  if (const auto finding = search_.Step()) Use(*finding, now);
  for (StatsCall& call : calls_.under_way()) {
    if (call.kind == Kind::kAlone && call.late(now)) LookIntoLone(call, now);
  }
  if (!search_.running()) StartSearch(now);
  MindSilence(now);
  return std::move(judgement_);
}

// As long as no other call was answered since, the VM is not to blame.
void LateCalls::LookIntoLone(StatsCall& call, SteadyTime now) {
  if (!IsTakingOver(now) && parts_.life.AnsweredSince(call.since)) {
    const ParkedCall parked = calls_.Park(call);
    return SetAside(call.domains, parked, call.since);
  }
  search_.Ping();
  call.look_at = now + calls_.LimitOf(call);
}

void LateCalls::StartSearch(SteadyTime now) {
  DomainRefs suspects = Suspects(now);
  if (suspects.empty()) return;
  if (!search_.may_start()) return Use({{}, {}, true}, now);
  if (!search_.Start(std::move(suspects))) return parts_.lanes.ConnectAnother();
  for (StatsCall& call : calls_.under_way()) {
    if (IsToBeSearched(call, now)) ++call.looks;
  }
}

// Whether the call asks for one VM, which has been set aside for a while.
bool LateCalls::IsToBeSearched(const StatsCall& call, SteadyTime now) const {
  return call.kind == Kind::kAlone && !call.open() && call.looks == 0 && now - call.since >= kLoneSearchAfter &&
         search_.may_start();
}

DomainRefs LateCalls::Suspects(SteadyTime now) {
  DomainRefs suspects;
  for (StatsCall& call : calls_.under_way()) {
    if (!IsToBeSearched(call, now) && (call.kind == Kind::kAlone || !call.late(now))) continue;
    suspects.insert(suspects.end(), call.domains.begin(), call.domains.end());
  }
  return suspects;
}

// If one lock is held, others may be held as well: all late calls are made again at once.
void LateCalls::Use(const HangSearch::Finding& finding, SteadyTime now) {
  const bool is_locked = finding.locked && !IsTakingOver(now);
  if (is_locked) SetAside({finding.locked->domain}, finding.locked->call, finding.locked->since);
  for (StatsCall& call : calls_.under_way()) {
    if (call.kind == Kind::kAlone && !call.open()) SettleSetAside(call, finding, now);
    if (call.kind == Kind::kAlone || !call.late(now)) continue;
    if (is_locked) {
      Abandon(call, HungOf(call, finding, now), SetAsideOf(call), Kind::kAlone);
    } else {
      Settle(call, finding, now);
    }
  }
}

// Gives up a call about a VM that hangs or is set aside; gives any other call some more time.
void LateCalls::Settle(StatsCall& call, const HangSearch::Finding& finding, SteadyTime now) {
  ++call.looks;
  const DomainRefs hung = HungOf(call, finding, now);
  DomainRefs locked = SetAsideOf(call);
  const bool holds_up = HoldsUpAlone(call, finding, now);
  if (holds_up && hung.empty() && locked.empty() && call.domains.size() == 1) locked = call.domains;
  if (!hung.empty() || !locked.empty() || holds_up) {
    Abandon(call, hung, locked, locked.empty() ? Kind::kPart : Kind::kAlone);
  } else {
    call.look_at = now + calls_.LimitOf(call);
  }
}

// Settles a VM that was asked in a call of its own and is set aside. If the search passed the VM, its lock is free: its
// monitor hangs, or the call waits for something else and the VM is asked again. If the search ended before this VM,
// another search follows.
void LateCalls::SettleSetAside(StatsCall& call, const HangSearch::Finding& finding, SteadyTime now) {
  constexpr int kSettled = 2;
  if (call.looks != 1) return;
  const std::string& uuid = call.domains[0]->uuid;
  const bool was_passed = !finding.locked && !finding.incomplete;
  if (!HungOf(call, finding, now).empty()) {
    parts_.stuck.NoteHung(*call.domains[0], *call.parked, call.since);
    call.looks = kSettled;
  } else if (was_passed) {
    if (parts_.stuck.set_aside(uuid)) parts_.stuck.Forget(uuid);
    call.looks = kSettled;
  } else {
    call.looks = 0;
  }
}

// A call without the monitor does not wait for one.
DomainRefs LateCalls::HungOf(const StatsCall& call, const HangSearch::Finding& finding, SteadyTime now) const {
  if (call.depth == Depth::kWithoutMonitor) return {};
  const Nanoseconds least = call.kind == Kind::kPart ? kLeastBlockedInPart : kLeastBlocked;
  const Nanoseconds long_enough = std::max(least, (now - call.since) / 2);
  DomainRefs hung;
  for (const auto& domain : call.domains) {
    const auto found = std::find_if(finding.blocked.begin(), finding.blocked.end(),
                                    [&](const auto& blocked) { return blocked.uuid == domain->uuid; });
    if (found == finding.blocked.end() || parts_.stuck.hung(domain->uuid)) continue;
    if (found->blocked >= long_enough) hung.push_back(domain);
  }
  return hung;
}

bool LateCalls::IsTakingOver(SteadyTime now) const {
  return now < taking_over_until_ && (is_first_ || was_restarted_ || parts_.life.one_has_ended());
}

DomainRefs LateCalls::SetAsideOf(const StatsCall& call) const {
  DomainRefs locked;
  for (const auto& domain : call.domains) {
    if (parts_.stuck.set_aside(domain->uuid)) locked.push_back(domain);
  }
  return locked;
}

bool LateCalls::HoldsUpAlone(const StatsCall& call, const HangSearch::Finding& finding, SteadyTime now) const {
  if (IsTakingOver(now)) return false;
  return finding.incomplete || (others_answered_ && call.looks >= kLooksInVain);
}

// `again_as`: in calls of which kind the other VMs are asked again.
void LateCalls::Abandon(StatsCall& call, const DomainRefs& hung, const DomainRefs& locked, Kind again_as) {
  const ParkedCall parked = calls_.Park(call);
  for (const auto& domain : hung) parts_.stuck.NoteHung(*domain, parked, call.since);
  SetAside(locked, parked, call.since);
  DomainRefs rest = call.domains;
  std::erase_if(rest, [&](const auto& domain) { return parts_.stuck.set_aside(domain->uuid); });
  // If the VM that holds the call up is known, the others can be asked.
  const bool alone = again_as == Kind::kAlone;
  const bool at_cap = parts_.lanes.parked_calls()->blocked(parts_.clock.SteadyNow()) > calls_.terms().blocked_max;
  if (!alone && at_cap) return SetAside(rest, parked, call.since);
  calls_.Queue(rest, alone ? calls_.terms().alone_max : 2, {{}, again_as, call.depth, call.asked_again});
}

void LateCalls::SetAside(const DomainRefs& domains, const ParkedCall& call, SteadyTime since) {
  if (domains.empty()) return;
  alone_until_ = parts_.clock.SteadyNow() + kCalm;
  for (const auto& domain : domains) {
    parts_.stuck.NoteLocked(*domain, call, since);
    if (!Contains(judgement_.set_aside, domain)) judgement_.set_aside.push_back(domain);
  }
}

std::optional<SteadyTime> LateCalls::SilentSince(SteadyTime now) const {
  auto silent = search_.silent_since();
  for (const StatsCall& call : calls_.under_way()) {
    const bool overdue = call.open() && now - call.since >= calls_.LimitOf(call);
    if (!overdue || parts_.life.AnsweredSince(call.since) || !call.lane->waits()) continue;
    silent = std::min(silent.value_or(call.since), call.since);
  }
  return silent;
}

void LateCalls::MindSilence(SteadyTime now) {
  const auto since = SilentSince(now);
  if (!since) return;
  search_.Ping();
  const auto later = parts_.life.FirstOpenedAfter(*since);
  if (!later) return parts_.lanes.ConnectAnother();
  if (now - *later < HangSearch::kPatience || !search_.ping_is_silent(*since)) return;
  const DomainRefs unanswered = LeaveBehind(*later);
  calls_.Queue(unanswered, calls_.terms().shards, {});
  judgement_.replaced_before = later;
}

DomainRefs LateCalls::LeaveBehind(SteadyTime moment) {
  DomainRefs unanswered = calls_.LeaveBehind(moment);
  search_.LeaveBehind();
  parts_.lanes.DropOlder(moment);
  parts_.lanes.parked_calls()->Discount();
  parts_.stuck.Clear();
  return unanswered;
}

SteadyTime LateCalls::look_at(SteadyTime now) const {
  SteadyTime at = search_.look_at();
  for (const StatsCall& call : calls_.under_way()) {
    if (call.open()) at = std::min(at, call.look_at > now ? call.look_at : now + HangSearch::kPingAfter);
  }
  return at;
}

}  // namespace vmtelem

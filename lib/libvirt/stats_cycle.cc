#include "libvirt/stats_cycle.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vmtelem {
namespace {

using Kind = StatsCall::Kind;

// A call that starts within this time counts as started at the beginning of its cycle.
constexpr Nanoseconds kStartOfCycle = std::chrono::milliseconds(20);

}  // namespace

Result<CycleResult> StatsCycle::Collect(const DomainRefs& domains, Plan plan) {
  Begin(domains, std::move(plan));
  if (!Go()) return Fail(ErrorCode::kClosed, "interrupted");
  return End();
}

void StatsCycle::Begin(const DomainRefs& domains, Plan plan) {
  using Awaits = CurrentCycle::Awaits;
  TakeBetweenCycles();
  TendLanes();
  const SteadyTime now = clock_.SteadyNow();
  late_calls_.Begin(now, std::exchange(is_first_, false));
  order_.Note(now, domains);
  calls_.Begin(std::move(plan.terms));
  const Awaits usual = domains.empty() ? Awaits::kAnyAnswer : Awaits::kAllAnswers;
  current_.Begin(now, plan.times, was_silent_ ? Awaits::kSignOfLife : usual);
  unasked_ = calls_.NotUnderWay(domains);
  if (!was_silent_) Queue(std::exchange(unasked_, {}));
}

// An answer between two cycles shows that the daemon lives; as a sample it belongs to neither cycle and is dropped.
void StatsCycle::TakeBetweenCycles() {
  const SteadyTime now = clock_.SteadyNow();
  for (StatsCall& call : calls_.TakeReturned()) {
    const auto result = call.result.Take();
    // A lane whose connection has ended shows that when it is used next.
    if (result) life_.NoteAnswer(call.lane->opened, call.since, now);
    if (result) was_silent_ = false;
    lanes_.GiveBack(std::move(call.lane));
  }
}

// A daemon that was silent is asked for the VMs as soon as it answers any call.
void StatsCycle::AwaitSign() {
  if (current_.awaits_all_answers()) return;
  if (!current_.heard()) return late_calls_.search().Ping();
  current_.AwaitAllAnswers();
  Queue(std::exchange(unasked_, {}));
}

// VMs that hang are asked apart: their locks are held next, when they are destroyed.
void StatsCycle::Queue(DomainRefs due) {
  const auto first_hung =
      std::stable_partition(due.begin(), due.end(), [&](const auto& domain) { return !stuck_.hung(domain->uuid); });
  const DomainRefs hung(first_hung, due.end());
  due.erase(first_hung, due.end());
  const bool alone = late_calls_.asks_alone(current_.begun());
  if (alone) order_.Arrange(due);
  calls_.Queue(due, alone ? calls_.terms().alone_max : calls_.terms().shards,
               {{}, alone ? Kind::kAlone : Kind::kShard});
  calls_.Queue(hung, hung.size(), {{}, Kind::kAlone});
}

bool StatsCycle::Go() {
  while (true) {
    if (notifier_->cancelled()) return false;
    TendLanes();
    AwaitSign();
    calls_.StartQueued(stuck_.all_hung());
    if (current_.IsOver(clock_.SteadyNow())) return true;
    Wait();
    for (StatsCall& call : calls_.TakeReturned()) Take(std::move(call));
    LookInto(clock_.SteadyNow());
  }
}

// A lane is made by a listing, which would wait for a lock that is held.
void StatsCycle::TendLanes() {
  const bool may_list = !stuck_.any_set_aside() || late_calls_.SilentSince(clock_.SteadyNow());
  lanes_.Tend(calls_.CountOpen() + late_calls_.search().lanes_out(), may_list);
}

void StatsCycle::Wait() {
  const SteadyTime now = clock_.SteadyNow();
  SteadyTime until = std::min(current_.look_at(now), late_calls_.look_at(now));
  const auto connecting_until = lanes_.connecting_until();
  if (connecting_until > now) until = std::min(until, *connecting_until);
  // A healthy cycle does not wake the collector for each of its calls.
  const bool all_at_once = !calls_.queued();
  notifier_->WaitUntil(clock_, until, [&] {
    if (lanes_.has_news() || late_calls_.search().has_news()) return true;
    return all_at_once ? calls_.CountOpen() > 0 && calls_.AllOpenAreIdle() : calls_.AnyIdle();
  });
}

void StatsCycle::Take(StatsCall call) {
  auto result = call.result.Take();
  if (!result) return TakeFailure(std::move(call), std::move(result.error()));
  life_.NoteAnswer(call.lane->opened, call.since, clock_.SteadyNow());
  lanes_.GiveBack(std::move(call.lane), !result->some_unknown);
  const bool is_wanted = call.open() || (call.kind == Kind::kAlone && call.since >= current_.begun());
  if (!is_wanted) return;
  calls_.NoteDuration(call, result->took);
  current_.result().stats.push_back(std::move(result->stats));
}

// One connection may have ended alone, but a restart of the daemon ends all of them: the VMs are asked again on each
// older connection, and once on a newer one. They are asked in halves, since a reply that is too large for the protocol
// may end the connection as well.
void StatsCycle::TakeFailure(StatsCall call, Error error) {
  const SteadyTime now = clock_.SteadyNow();
  const bool is_lost = error.code == ErrorCode::kUnreachable;
  const SteadyTime opened = call.lane->opened;
  if (is_lost) {
    life_.NoteEnded(now);
    lanes_.NoteLost();
    late_calls_.NoteNewDaemon(now);
  } else {
    life_.NoteAnswer(opened, call.since, now);
    lanes_.GiveBack(std::move(call.lane));
  }
  if (!call.open()) return;
  if (!is_lost || call.asked_again) return current_.NoteFailed(call.domains, error);
  current_.NoteError(std::move(error));
  const Kind kind = call.kind == Kind::kAlone ? Kind::kAlone : Kind::kPart;
  calls_.Queue(call.domains, 2, {{}, kind, call.depth, opened >= current_.begun()});
}

void StatsCycle::LookInto(SteadyTime now) {
  CycleResult& result = current_.result();
  const auto judgement = late_calls_.Look(now, !result.stats.empty());
  result.set_aside.insert(result.set_aside.end(), judgement.set_aside.begin(), judgement.set_aside.end());
  result.replaced_connections = result.replaced_connections || judgement.replaced_before.has_value();
}

Result<CycleResult> StatsCycle::End() {
  const SteadyTime now = clock_.SteadyNow();
  was_silent_ = !current_.heard() && late_calls_.SilentSince(now).has_value();
  const bool is_bound_by_cap = IsBoundByCap();
  Error why_nothing_answers = WhyNothingAnswers();
  GiveUpOldCalls(now);
  if (!unasked_.empty()) current_.NoteFailed(unasked_, {ErrorCode::kTimeout, "the daemon was silent", {}});
  if (const DomainRefs queued = calls_.TakeQueued(); !queued.empty()) {
    const Error capped{ErrorCode::kTimeout, "every connection waits for a VM whose lock is held", {}};
    current_.NoteFailed(queued, is_bound_by_cap ? capped : WhyNoLaneCame());
  }
  CycleResult& result = current_.result();
  for (const StatsCall& call : calls_.under_way()) {
    if (call.open()) result.late.insert(result.late.end(), call.domains.begin(), call.domains.end());
  }
  result.late_by_overload = calls_.AnyIsAtWork();
  const bool nothing_answers = !current_.heard() && !is_bound_by_cap;
  if (nothing_answers || current_.is_refused()) return tl::make_unexpected(std::move(why_nothing_answers));
  if (current_.last_error()) result.why_failed = current_.last_error()->message;
  return std::move(result);
}

// No call was made, since every lane waits for a VM: that shows nothing about the daemon.
bool StatsCycle::IsBoundByCap() const {
  const bool asks = calls_.CountOpen() > 0 || late_calls_.search().lanes_out() > 0;
  return !asks && !lanes_.ready() && stuck_.any_set_aside();
}

void StatsCycle::GiveUpOldCalls(SteadyTime now) {
  for (StatsCall& call : calls_.under_way()) {
    if (!call.open() || now - call.since < timeout_ - kStartOfCycle) continue;
    const Error unanswered{ErrorCode::kTimeout, "its call has not been answered", {}};
    const Error unread{ErrorCode::kOverloaded, "this machine is overloaded", {}};
    current_.NoteFailed(call.domains, call.lane->waits() ? unanswered : unread);
    static_cast<void>(calls_.Park(call));
  }
}

Error StatsCycle::WhyNothingAnswers() const {
  if (lanes_.fault() && !lanes_.ready()) return *lanes_.fault();
  if (current_.last_error()) return *current_.last_error();
  return {IsHeldUpHere() ? ErrorCode::kOverloaded : ErrorCode::kTimeout, {}, {}};
}

Error StatsCycle::WhyNoLaneCame() const {
  if (lanes_.fault()) return *lanes_.fault();
  if (IsHeldUpHere()) return {ErrorCode::kOverloaded, "this machine is overloaded", {}};
  return {ErrorCode::kTimeout, "no connection was free for it in time", {}};
}

bool StatsCycle::IsHeldUpHere() const { return calls_.AnyIsAtWork() || lanes_.is_at_work(); }

bool StatsCycle::TakeNewDaemon() {
  const auto since = life_.AnotherSinceLastCycle();
  if (!since) return false;
  static_cast<void>(late_calls_.LeaveBehind(*since));
  late_calls_.NoteRestart(clock_.SteadyNow());
  calls_.ForgetPace();
  is_first_ = true;
  return true;
}

void StatsCycle::Close() {
  calls_.Close();
  late_calls_.search().Close();
}

}  // namespace vmtelem

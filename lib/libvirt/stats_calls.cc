#include "libvirt/stats_calls.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

namespace vmtelem {

using Kind = StatsCall::Kind;

DomainRefs StatsCalls::NotUnderWay(const DomainRefs& domains) const {
  if (CountOpen() == 0) return domains;
  std::unordered_set<std::string> under_way;
  for (const StatsCall& call : under_way_) {
    if (!call.open()) continue;
    for (const auto& domain : call.domains) under_way.insert(domain->uuid);
  }
  DomainRefs free;
  for (const auto& domain : domains) {
    if (!under_way.contains(domain->uuid)) free.push_back(domain);
  }
  return free;
}

void StatsCalls::Queue(const DomainRefs& domains, std::size_t count, const StatsCall& like) {
  for (auto& part : Split(domains, count)) {
    const bool is_alone = part.size() == 1 && like.kind == Kind::kAlone;
    const Kind kind = is_alone || like.kind != Kind::kAlone ? like.kind : Kind::kPart;
    queue_.push_back({std::move(part), kind, like.depth, like.asked_again});
  }
}

void StatsCalls::StartQueued(const std::vector<std::string>& hung) {
  while (!queue_.empty()) {
    if (!MayStart() && NoneIsToComeBack()) JoinWithoutMonitor();
    if (!MayStart()) return;
    // One lane is kept for a search or a ping.
    if (queue_.front().kind == Kind::kAlone && lanes_.count_ready() == 1 && CountOpen() > 0) return;
    auto lane = lanes_.Take();
    if (lane == nullptr) return lanes_.ConnectAnother();
    StatsCall call = std::move(queue_.front());
    queue_.pop_front();
    Start(std::move(call), std::move(lane), hung);
  }
}

bool StatsCalls::MayStart() const {
  if (queue_.front().depth == Depth::kWithoutMonitor) return CountOpen(Depth::kFull) == CountOpen();
  return !at_cap();
}

bool StatsCalls::at_cap() const {
  return CountOpen(Depth::kFull) + lanes_.parked_calls()->blocked(clock_.SteadyNow()) >= terms_.blocked_max;
}

bool StatsCalls::NoneIsToComeBack() const {
  if (lanes_.parked_calls()->blocked(clock_.SteadyNow()) >= terms_.blocked_max) return true;
  return std::all_of(under_way_.begin(), under_way_.end(),
                     [](const StatsCall& call) { return !call.open() || call.looks > 0; });
}

// Joins all queued calls into one; there is never more than one call of this kind.
void StatsCalls::JoinWithoutMonitor() {
  StatsCall all{{}, Kind::kPart, Depth::kWithoutMonitor};
  for (StatsCall& call : queue_) {
    std::move(call.domains.begin(), call.domains.end(), std::back_inserter(all.domains));
  }
  queue_.clear();
  queue_.push_back(std::move(all));
}

void StatsCalls::Start(StatsCall call, std::unique_ptr<BulkLane> lane, const std::vector<std::string>& hung) {
  ShardRequest request{call.domains, terms_.query};
  request.query.depth = call.depth;
  request.query.hung = hung;
  call.lane = std::move(lane);
  call.since = clock_.SteadyNow();
  call.look_at = call.since + LimitOf(call);
  call.result = call.lane->Start([request = std::move(request)](BulkSession& session, LaneClock& clock) {
    return session.Collect(request, clock);
  });
  under_way_.push_back(std::move(call));
}

std::vector<StatsCall> StatsCalls::TakeReturned() {
  auto returned = vmtelem::TakeReturned(under_way_);
  for (const StatsCall& call : returned) {
    if (call.parked) call.parked->NoteReturned();
  }
  return returned;
}

ParkedCall StatsCalls::Park(StatsCall& call) {
  call.parked = lanes_.parked_calls()->Park();
  if (call.kind != Kind::kAlone) call.lane->GiveUpJob();
  return *call.parked;
}

DomainRefs StatsCalls::LeaveBehind(SteadyTime opened_before) {
  DomainRefs unanswered;
  const auto is_old = [&](const StatsCall& call) { return call.lane->opened < opened_before; };
  for (StatsCall& call : under_way_) {
    if (!is_old(call)) continue;
    if (call.open()) unanswered.insert(unanswered.end(), call.domains.begin(), call.domains.end());
    if (call.parked) call.parked->NoteReturned();
    call.lane->CutOff();
    call.lane = nullptr;
  }
  std::erase_if(under_way_, [](const StatsCall& call) { return call.lane == nullptr; });
  return unanswered;
}

DomainRefs StatsCalls::TakeQueued() {
  DomainRefs domains;
  for (StatsCall& call : queue_) std::move(call.domains.begin(), call.domains.end(), std::back_inserter(domains));
  queue_.clear();
  return domains;
}

// Parked calls hang and are left behind. The others end in a moment.
void StatsCalls::Close() {
  for (StatsCall& call : under_way_) {
    if (!call.parked) continue;
    call.parked->NoteReturned();
    static_cast<void>(call.lane->LeaveBehind());
  }
  under_way_.clear();
  queue_.clear();
}

std::size_t StatsCalls::CountOpen() const {
  return static_cast<std::size_t>(
      std::count_if(under_way_.begin(), under_way_.end(), [](const StatsCall& call) { return call.open(); }));
}

std::size_t StatsCalls::CountOpen(Depth depth) const {
  return static_cast<std::size_t>(std::count_if(
      under_way_.begin(), under_way_.end(), [&](const StatsCall& call) { return call.open() && call.depth == depth; }));
}

bool StatsCalls::AnyWaitsThatIsNot(Kind kind) const {
  return std::any_of(under_way_.begin(), under_way_.end(),
                     [&](const StatsCall& call) { return call.open() && call.kind != kind && call.lane->waits(); });
}

bool StatsCalls::AnyIsAtWork() const {
  return std::any_of(under_way_.begin(), under_way_.end(),
                     [](const StatsCall& call) { return call.open() && !call.lane->waits(); });
}

bool StatsCalls::AnyOpenPart() const {
  return std::any_of(under_way_.begin(), under_way_.end(),
                     [](const StatsCall& call) { return call.open() && call.kind == Kind::kPart; });
}

bool StatsCalls::AnyPartInTime(SteadyTime now) const {
  return std::any_of(under_way_.begin(), under_way_.end(), [&](const StatsCall& call) {
    return call.open() && call.kind == Kind::kPart && now - call.since < LimitOf(call);
  });
}

bool StatsCalls::AllOpenAreIdle() const {
  return std::all_of(under_way_.begin(), under_way_.end(),
                     [](const StatsCall& call) { return !call.open() || call.lane->idle(); });
}

bool StatsCalls::AnyIdle() const {
  return std::any_of(under_way_.begin(), under_way_.end(), [](const StatsCall& call) { return call.lane->idle(); });
}

Nanoseconds StatsCalls::LimitOf(const StatsCall& call) const {
  switch (call.kind) {
    case Kind::kShard:
      return shard_pace_.Limit();
    case Kind::kPart:
      return shard_pace_.LimitOfPart();
    default:
      return lone_pace_.Limit();
  }
}

void StatsCalls::NoteDuration(const StatsCall& call, Nanoseconds took) {
  if (call.depth != Depth::kFull) return;
  if (call.kind == Kind::kShard) shard_pace_.Note(took);
  if (call.kind == Kind::kAlone) lone_pace_.Note(took);
}

}  // namespace vmtelem

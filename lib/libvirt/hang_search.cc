#include "libvirt/hang_search.h"

#include <algorithm>
#include <utility>

namespace vmtelem {

bool HangSearch::Start(DomainRefs suspects) {
  auto lane = parts_.lanes.Take();
  if (lane == nullptr) return false;
  auto progress = std::make_shared<SweepProgress>();
  auto done = lane->Start([suspects, progress](BulkSession& session, LaneClock& clock) {
    return session.Sweep(suspects, *progress, clock);
  });
  sweep_ =
      Sweep{std::move(suspects), std::move(lane), std::move(done), std::move(progress), 0, parts_.clock.SteadyNow()};
  return true;
}

std::optional<HangSearch::Finding> HangSearch::Step() {
  TakePings();
  TakeWaiting();
  if (!sweep_) return std::nullopt;
  if (sweep_->lane->idle()) return Finish();
  const SteadyTime now = parts_.clock.SteadyNow();
  if (const std::size_t calls = sweep_->progress->calls(); calls != sweep_->calls) {
    sweep_->calls = calls;
    sweep_->at_since = now;
  }
  if (now - sweep_->at_since >= kPingAfter) Ping();
  const bool stands = now - sweep_->at_since >= kPatience;
  if (stands && parts_.life.AnsweredSince(sweep_->at_since) && sweep_->lane->waits()) return LeaveAtLock();
  return std::nullopt;
}

HangSearch::Finding HangSearch::Finish() {
  Finding finding{sweep_->progress->blocked(), {}, false};
  TakeBack(std::move(sweep_->lane), sweep_->at_since, sweep_->done.Take());
  sweep_.reset();
  return finding;
}

HangSearch::Finding HangSearch::LeaveAtLock() {
  const ParkedCall call = parts_.lanes.parked_calls()->Park();
  Finding finding{sweep_->progress->blocked(), Locked{sweep_->suspects[sweep_->progress->at()], call, sweep_->at_since},
                  false};
  sweep_->lane->GiveUpJob();
  waiting_.push_back({std::move(sweep_->lane), std::move(sweep_->done), sweep_->at_since, call});
  sweep_.reset();
  return finding;
}

void HangSearch::TakeBack(Lane lane, SteadyTime asked, const Result<void>& outcome) {
  if (!outcome && outcome.error().code == ErrorCode::kUnreachable)
    return parts_.life.NoteEnded(parts_.clock.SteadyNow());
  parts_.life.NoteAnswer(lane->opened, asked, parts_.clock.SteadyNow());
  parts_.lanes.GiveBack(std::move(lane));
}

void HangSearch::Ping() {
  if (pings_.empty()) return StartPing(parts_.lanes.Take());
  const SteadyTime asked = pings_.front().since;
  const bool later_is_asked =
      std::any_of(pings_.begin(), pings_.end(), [&](const Call& ping) { return ping.lane->opened > asked; });
  if (!later_is_asked && parts_.lanes.newest() > asked) return StartPing(parts_.lanes.TakeNewest());
  const bool waits_long = parts_.clock.SteadyNow() - pings_.back().since >= kPatience;
  if (pings_.size() == 1 && waits_long) StartPing(parts_.lanes.Take());
}

void HangSearch::StartPing(Lane lane) {
  if (lane == nullptr) return;
  auto done = lane->Start([](BulkSession& session, LaneClock&) { return session.Ping(); });
  pings_.push_back({std::move(lane), std::move(done), parts_.clock.SteadyNow(), {}});
}

// If a later ping was answered and this one was not, only the connection of this one is mute.
void HangSearch::TakePings() {
  for (Call& ping : TakeReturned(pings_)) TakeBack(std::move(ping.lane), ping.since, ping.done.Take());
  const SteadyTime now = parts_.clock.SteadyNow();
  std::erase_if(pings_, [&](const Call& ping) {
    const bool is_mute = now - ping.since >= 2 * kPatience && parts_.life.AnsweredSince(ping.since);
    if (!is_mute || !ping.lane->waits()) return false;
    ping.lane->CutOff();
    return true;
  });
}

void HangSearch::TakeWaiting() {
  for (Call& call : TakeReturned(waiting_)) {
    call.parked->NoteReturned();
    TakeBack(std::move(call.lane), call.since, call.done.Take());
  }
}

SteadyTime HangSearch::look_at() const {
  if (!sweep_) return SteadyTime::max();
  const SteadyTime now = parts_.clock.SteadyNow();
  const SteadyTime ping_at = sweep_->at_since + kPingAfter;
  const SteadyTime patience_over = sweep_->at_since + kPatience;
  if (pings_.empty() && now < ping_at) return ping_at;
  return now < patience_over ? patience_over : now + kPatience;
}

bool HangSearch::has_news() const {
  const auto is_done = [](const Call& call) { return call.lane->idle(); };
  return (sweep_ && sweep_->lane->idle()) || std::any_of(pings_.begin(), pings_.end(), is_done) ||
         std::any_of(waiting_.begin(), waiting_.end(), is_done);
}

std::optional<SteadyTime> HangSearch::silent_since() const {
  const SteadyTime now = parts_.clock.SteadyNow();
  std::optional<SteadyTime> silent;
  const auto note = [&](const BulkLane& lane, SteadyTime since) {
    if (now - since < kPatience || parts_.life.AnsweredSince(since) || !lane.waits()) return;
    silent = std::min(silent.value_or(since), since);
  };
  if (sweep_) note(*sweep_->lane, sweep_->at_since);
  for (const Call& ping : pings_) note(*ping.lane, ping.since);
  return silent;
}

bool HangSearch::ping_is_silent(SteadyTime moment) const {
  const SteadyTime now = parts_.clock.SteadyNow();
  return std::any_of(pings_.begin(), pings_.end(), [&](const Call& ping) {
    return ping.lane->opened <= moment && now - ping.since >= kPatience && ping.lane->waits();
  });
}

void HangSearch::LeaveBehind() {
  if (sweep_) sweep_->lane->CutOff();
  for (Call& ping : pings_) ping.lane->CutOff();
  for (const Call& call : waiting_) call.lane->Cut();
  Close();
}

void HangSearch::Close() {
  for (Call& call : waiting_) {
    call.parked->NoteReturned();
    static_cast<void>(call.lane->LeaveBehind());
  }
  sweep_.reset();
  pings_.clear();
  waiting_.clear();
}

}  // namespace vmtelem

#include "libvirt/current_cycle.h"

#include <algorithm>

namespace vmtelem {
namespace {

using Kind = StatsCall::Kind;

// When no call has been answered for so long, the daemon is silent.
constexpr Nanoseconds kSilence = std::chrono::milliseconds(1'900);
// How long a cycle waits for a daemon that has been silent.
constexpr Nanoseconds kPatienceWithSilence = std::chrono::milliseconds(250);

}  // namespace

void CurrentCycle::Begin(SteadyTime now, const Times& times, Awaits awaits) {
  begun_ = now;
  times_ = times;
  awaits_ = awaits;
  result_ = {};
  last_error_.reset();
}

bool CurrentCycle::IsOver(SteadyTime now) {
  if (now >= deadline()) return true;
  if (now - begun_ >= kSilence && !heard() && parts_.late_calls.SilentSince(now)) return true;
  if (NothingLeftToDo(now)) return true;
  if (now < times_.next_tick || !MayGoOnWithout(now)) return false;
  if (parts_.calls.AnyWaitsThatIsNot(Kind::kAlone)) parts_.late_calls.NoteCarriedOver(now);
  return true;
}

SteadyTime CurrentCycle::deadline() const {
  if (awaits_ != Awaits::kSignOfLife) return times_.deadline;
  return std::min(times_.deadline, begun_ + kPatienceWithSilence);
}

bool CurrentCycle::NothingLeftToDo(SteadyTime now) const {
  if (parts_.calls.CountOpen() > 0) return false;
  const bool may_get_a_lane = parts_.lanes.ready() || parts_.lanes.connecting_until() > now;
  if (!awaits_all_answers()) return heard() || (!parts_.late_calls.search().pinging() && !may_get_a_lane);
  return !parts_.calls.queued() || !may_get_a_lane;
}

// If most calls have been answered when the next cycle is due, the others are not worth a delay, except calls that were
// made again just now. If few have, the daemon is slow, and starting the next cycle gains nothing. Calls that were made
// again because of a VM that hangs may be held up by another VM: finding it is worth a delay that costs no tick, see
// TickSchedule.
bool CurrentCycle::MayGoOnWithout(SteadyTime now) const {
  const StatsCalls& calls = parts_.calls;
  if (calls.AnyOpenPart() && now < LatestEnd()) return false;
  return !calls.queued() && !calls.AnyPartInTime(now) && calls.CountOpen() <= result_.stats.size();
}

// The latest end of this cycle that costs the next one no tick.
SteadyTime CurrentCycle::LatestEnd() const {
  if (times_.next_tick == SteadyTime::max()) return times_.next_tick;
  return times_.next_tick + (times_.next_tick - begun_) * 2 / 5;
}

SteadyTime CurrentCycle::look_at(SteadyTime now) const {
  SteadyTime at = deadline();
  for (const SteadyTime end : {times_.next_tick, LatestEnd()}) {
    if (end > now) at = std::min(at, end);
  }
  return at;
}

void CurrentCycle::NoteFailed(const DomainRefs& domains, const Error& error) {
  result_.failed.insert(result_.failed.end(), domains.begin(), domains.end());
  last_error_ = error;
}

bool CurrentCycle::is_refused() const {
  const bool has_any_vm = !result_.stats.empty() || !result_.late.empty() || !result_.set_aside.empty();
  if (has_any_vm || !last_error_) return false;
  return last_error_->code != ErrorCode::kTimeout && last_error_->code != ErrorCode::kOverloaded;
}

}  // namespace vmtelem

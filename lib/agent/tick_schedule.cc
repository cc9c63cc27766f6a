#include "agent/tick_schedule.h"

#include <algorithm>
#include <cstdlib>

namespace vmtelem {
namespace {

std::int64_t WallOffsetNs(const Stamp& now) {
  return now.wall_ns - std::chrono::duration_cast<Nanoseconds>(now.steady.time_since_epoch()).count();
}

}  // namespace

// What was missed is of the old alignment: a step of the wall clock during a cycle makes it no less late.
TickSchedule::Tick TickSchedule::Next(const Stamp& now) {
  if (!last_) Align(now);
  const Nanoseconds passed = now.steady - *last_;
  const std::int64_t due = std::max<std::int64_t>(passed / interval_, 0);
  const bool stepped = WallClockStepped(now);
  const bool makes_last = due > 0 && !stepped && passed - due * interval_ < interval_ / 2;
  const std::int64_t missed = makes_last ? due - 1 : due;
  *last_ += interval_ * missed;
  if (stepped) Align(now);
  *last_ += interval_;
  return {*last_, due > 0, static_cast<std::uint64_t>(missed)};
}

// A quarter of the interval: the slewing of a time daemon (at most 0.5 ms/s) stays below it for a long while, and the
// ticks are never further off than that.
bool TickSchedule::WallClockStepped(const Stamp& now) const {
  return std::llabs(WallOffsetNs(now) - wall_offset_ns_) > (interval_ / 4).count();
}

// Sets the last tick to the one at or before now.
void TickSchedule::Align(const Stamp& now) {
  wall_offset_ns_ = WallOffsetNs(now);
  const std::int64_t since_tick = (now.wall_ns - phase_.count()) % interval_.count();
  last_ = now.steady - Nanoseconds(since_tick);
}

}  // namespace vmtelem

#include "agent/tick_schedule.h"

#include <cstdlib>

namespace vmtelem {
namespace {

std::int64_t WallOffsetNs(const Stamp& now) {
  return now.wall_ns - std::chrono::duration_cast<Nanoseconds>(now.steady.time_since_epoch()).count();
}

}  // namespace

TickSchedule::Tick TickSchedule::Next(const Stamp& now) {
  if (!last_ || WallClockStepped(now)) Align(now);
  Tick tick{*last_ + interval_, 0};
  if (tick.at <= now.steady) {
    tick.missed = static_cast<std::uint64_t>((now.steady - tick.at) / interval_) + 1;
    tick.at += interval_ * static_cast<std::int64_t>(tick.missed);
  }
  last_ = tick.at;
  return tick;
}

// A quarter of the interval: the slewing of a time daemon (at most 0.5 ms/s) stays below it for a long while, and the
// ticks are never further off than that.
bool TickSchedule::WallClockStepped(const Stamp& now) const {
  return std::llabs(WallOffsetNs(now) - wall_offset_ns_) > (interval_ / 4).count();
}

// Sets the last tick to the multiple of the interval at or before now.
void TickSchedule::Align(const Stamp& now) {
  wall_offset_ns_ = WallOffsetNs(now);
  const std::int64_t since_multiple = now.wall_ns % interval_.count();
  last_ = now.steady - Nanoseconds(since_multiple);
}

}  // namespace vmtelem

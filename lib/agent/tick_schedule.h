#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace vmtelem {

// When to collect. Ticks lie on multiples of the interval of the wall clock, so that several hosts sample together, or
// at the same distance behind each of them; the schedule itself runs on the monotonic clock, so that a step of the wall
// clock neither hurries nor delays it: it is noticed, and the ticks are aligned anew. State without a clock; one
// thread.
class TickSchedule {
 public:
  // `phase`: how far behind each multiple, less than the interval.
  explicit TickSchedule(Nanoseconds interval, Nanoseconds phase = {}) : interval_(interval), phase_(phase) {}

  struct Tick {
    SteadyTime at;             // not after `now` if it was due already
    bool is_late = false;      // the cycle outlasted the interval
    std::uint64_t missed = 0;  // ticks that are skipped
  };

  // The tick to wait for after a cycle that ended at `now`. One that was due less than half an interval ago is made at
  // once: a cycle that takes a little longer than the interval costs no other its samples. Those before it are skipped,
  // never made up for.
  Tick Next(const Stamp& now);

 private:
  [[nodiscard]] bool WallClockStepped(const Stamp& now) const;
  void Align(const Stamp& now);

  Nanoseconds interval_, phase_;
  std::optional<SteadyTime> last_;   // the last tick given
  std::int64_t wall_offset_ns_ = 0;  // wall minus steady when the ticks were aligned
};

}  // namespace vmtelem

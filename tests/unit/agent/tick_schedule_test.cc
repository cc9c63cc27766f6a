#include "agent/tick_schedule.h"

#include <utility>

#include <catch2/catch.hpp>

#include "fakes/fake_clock.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

// The wall time of a tick, as the clock stands now.
std::int64_t WallNs(FakeClock& clock, const TickSchedule::Tick& tick) {
  return clock.WallNowNs() + (tick.at - clock.SteadyNow()).count();
}

TEST_CASE("the first tick is the next multiple of the interval") {
  FakeClock clock;
  clock.Advance(300ms);
  TickSchedule schedule(1s);
  const auto tick = schedule.Next(clock.Now());
  CHECK(WallNs(clock, tick) % 1'000'000'000 == 0);
  CHECK(tick.at - clock.SteadyNow() == 700ms);
  CHECK(tick.missed == 0);
}

TEST_CASE("with a phase, each tick lies that far behind a multiple of the interval") {
  FakeClock clock;
  const auto elapsed = GENERATE(100ms, 250ms, 300ms, 999ms);
  clock.Advance(elapsed);
  TickSchedule schedule(1s, 250ms);
  const auto tick = schedule.Next(clock.Now());
  CHECK(WallNs(clock, tick) % 1'000'000'000 == 250'000'000);
  CHECK(tick.at > clock.SteadyNow());
  CHECK(tick.at - clock.SteadyNow() <= 1s);
  CHECK(tick.missed == 0);
}

TEST_CASE("ticks are one interval apart however long the cycles take") {
  FakeClock clock;
  TickSchedule schedule(1s);
  SteadyTime last = schedule.Next(clock.Now()).at;
  for (const auto cycle : {1ms, 400ms, 999ms}) {
    clock.Advance(last - clock.SteadyNow() + cycle);
    const auto tick = schedule.Next(clock.Now());
    CHECK(tick.at - last == 1s);
    CHECK_FALSE(tick.is_late);
    last = tick.at;
  }
}

TEST_CASE("ticks that have passed are skipped and counted, never made up for") {
  FakeClock clock;
  TickSchedule schedule(1s);
  clock.Advance(schedule.Next(clock.Now()).at - clock.SteadyNow());
  clock.Advance(3500ms);
  const auto tick = schedule.Next(clock.Now());
  CHECK(tick.missed == 3);
  CHECK(tick.at - clock.SteadyNow() == 500ms);
  CHECK(schedule.Next({clock.WallNowNs() + 500'000'000, tick.at}).missed == 0);
}

TEST_CASE("a tick that was due less than half an interval ago is made at once, in its place") {
  const auto [cycle, missed] = GENERATE(std::pair{1000ms, 0u}, std::pair{1499ms, 0u}, std::pair{3499ms, 2u});
  FakeClock clock;
  TickSchedule schedule(1s);
  const SteadyTime first = schedule.Next(clock.Now()).at;
  clock.Advance(first - clock.SteadyNow() + cycle);
  const auto late = schedule.Next(clock.Now());
  CHECK(late.is_late);
  CHECK(late.missed == missed);
  CHECK(late.at <= clock.SteadyNow());
  CHECK((late.at - first) % 1s == 0s);
  clock.Advance(100ms);
  const auto next = schedule.Next(clock.Now());
  CHECK_FALSE(next.is_late);
  CHECK(next.at - late.at == 1s);
}

TEST_CASE("a step of the wall clock aligns the ticks anew within one interval") {
  const Nanoseconds step = GENERATE(1h + 250ms, -1h - 250ms, 600ms, -600ms);
  FakeClock clock;
  TickSchedule schedule(1s);
  clock.Advance(schedule.Next(clock.Now()).at - clock.SteadyNow());
  clock.StepWall(step);
  const auto tick = schedule.Next(clock.Now());
  CHECK(WallNs(clock, tick) % 1'000'000'000 == 0);
  CHECK(tick.at > clock.SteadyNow());
  CHECK(tick.at - clock.SteadyNow() <= 1s);
  CHECK(tick.missed == 0);
}

TEST_CASE("ticks that were missed are counted although the wall clock was stepped meanwhile") {
  const Nanoseconds step = GENERATE(1h + 250ms, -1h - 250ms);
  FakeClock clock;
  TickSchedule schedule(1s);
  clock.Advance(schedule.Next(clock.Now()).at - clock.SteadyNow());
  clock.Advance(3500ms);
  clock.StepWall(step);
  const auto tick = schedule.Next(clock.Now());
  CHECK(tick.missed == 3);
  CHECK(WallNs(clock, tick) % 1'000'000'000 == 0);
  CHECK(tick.at > clock.SteadyNow());
  CHECK(tick.at - clock.SteadyNow() <= 1s);
}

TEST_CASE("the slewing of a time daemon does not disturb the schedule") {
  FakeClock clock;
  TickSchedule schedule(1s);
  SteadyTime last = schedule.Next(clock.Now()).at;
  for (int i = 0; i < 200; ++i) {
    clock.Advance(last - clock.SteadyNow());
    clock.StepWall(500us);  // the fastest that adjtime(3) slews in one second
    const auto tick = schedule.Next(clock.Now());
    CHECK(tick.at - last == 1s);
    last = tick.at;
  }
}

TEST_CASE("an interval that does not divide a second keeps its distance") {
  FakeClock clock;
  TickSchedule schedule(700ms);
  const auto first = schedule.Next(clock.Now());
  clock.Advance(first.at - clock.SteadyNow() + 1ms);
  CHECK(schedule.Next(clock.Now()).at - first.at == 700ms);
}

}  // namespace
}  // namespace vmtelem

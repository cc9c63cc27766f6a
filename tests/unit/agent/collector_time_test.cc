#include <algorithm>

#include <catch2/catch.hpp>

#include "collector_fixture.h"

// The schedule and the rates while cycles are late, the wall clock is stepped, and the machine sleeps.
namespace vmtelem {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

constexpr std::int64_t kSecondNs = 1'000'000'000;

// Runs the collector for a number of cycles with something happening in one of them.
struct Schedule : CollectorFixture {
  void Run(std::size_t cycles, std::size_t disturbed, const std::function<void()>& disturb) {
    const std::size_t begin = ticks.size();
    source.before_collect = [&, begin] {
      ticks.push_back(clock.Now());
      source.domains = {MakeDomain("web", 1000 * ticks.size())};
      if (ticks.size() - begin == disturbed) disturb();
      if (ticks.size() - begin == cycles) collector.Stop();
    };
    collector.Run();
  }
  [[nodiscard]] Nanoseconds Between(std::size_t a, std::size_t b) const {
    return ticks.at(b).steady - ticks.at(a).steady;
  }

  std::vector<Stamp> ticks;  // when each cycle began
};

std::size_t CountOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE_METHOD(Schedule, "a cycle that outlasts its interval is counted as late once and is not made up for") {
  Run(4, 2, [this] { clock.Advance(3500ms); });
  CHECK(Between(0, 1) == 1s);
  CHECK(Between(1, 2) == 4s);  // the next tick that is still to come
  CHECK(Between(2, 3) == 1s);
  const std::string lines = TakeLines();
  CHECK(CountOf(lines, "polls_late=0i") == 2);
  CHECK(CountOf(lines, "polls_late=1i") == 2);
  CHECK(collector.stats().polls_late == 1);
}

TEST_CASE_METHOD(Schedule, "a cycle that takes a little longer than its interval is late and costs no tick") {
  const Nanoseconds took = GENERATE(as<Nanoseconds>(), 1s, 1400ms);
  Run(3, 1, [&] { clock.Advance(took); });
  CHECK(Between(0, 1) == took);
  CHECK(Between(1, 2) == 2s - took);
  CHECK_THAT(TakeLines(), Contains("polls_late=1i"));
}

TEST_CASE_METHOD(Schedule, "a cycle that is just shorter than its interval is not late") {
  Run(3, 1, [this] { clock.Advance(999ms); });
  CHECK(Between(0, 1) == 1s);
  CHECK_THAT(TakeLines(), !Contains("polls_late=1i"));
}

TEST_CASE_METHOD(Schedule, "every late cycle is counted however many there are, and each has one sample") {
  source.before_collect = [this] {
    ticks.push_back(clock.Now());
    clock.Advance(1500ms);
    if (ticks.size() == 5) collector.Stop();
  };
  collector.Run();
  for (std::size_t i = 1; i < 5; ++i) CHECK(Between(i - 1, i) == 2s);
  CHECK_THAT(TakeLines(), Contains("polls_late=4i") && !Contains("polls_late=5i"));
}

// CLOCK_MONOTONIC stands still while the machine sleeps, so waking up is a large step of the wall clock.
TEST_CASE_METHOD(Schedule, "a step of the wall clock costs no cycle, doubles none, and leaves the rates alone") {
  const Nanoseconds step = GENERATE(as<Nanoseconds>(), 1h, -1h, 1h + 300ms, -1h - 300ms, 8h + 700ms);
  Run(5, 3, [&] { clock.StepWall(step); });
  CHECK(Between(0, 2) == 2s);
  CHECK(Between(2, 3) > 0s);
  CHECK(Between(2, 3) <= 1s);
  CHECK(Between(3, 4) == 1s);
  for (const std::size_t aligned : {1U, 3U, 4U}) CHECK(ticks[aligned].wall_ns % kSecondNs == 0);
  CHECK_THAT(TakeLines(), !Contains("polls_late=1i"));
}

TEST_CASE_METHOD(CollectorFixture, "a rate over a step of the wall clock is over the time that really passed") {
  const Nanoseconds step = GENERATE(as<Nanoseconds>(), 1h, -1h, 8h);
  source.domains = {MakeDomain("web", 100)};
  Cycle();
  clock.StepWall(step);
  source.domains = {MakeDomain("web", 350)};
  CHECK_THAT(Cycle(), Contains("net_rx_bytes_rate=250,"));
}

TEST_CASE_METHOD(Schedule, "a late cycle in which the wall clock is stepped is counted as late") {
  Run(4, 2, [this] {
    clock.Advance(3500ms);
    clock.StepWall(-1h - 250ms);
  });
  CHECK(Between(1, 2) > 3500ms);
  CHECK(Between(1, 2) <= 4500ms);
  CHECK(ticks[2].wall_ns % kSecondNs == 0);
  CHECK_THAT(TakeLines(), Contains("polls_late=1i"));
}

}  // namespace
}  // namespace vmtelem

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "derive/rate_tracker.h"
#include "fakes/fake_clock.h"
#include "libvirt/call_floors.h"
#include "model/snapshot.h"

// Whatever calls wait for and whenever they read: a rate that is given is right, and no rate is lost to calls that just
// take long. From the durations of calls to the percentages of a vCPU that is busy all the time.
namespace vmtelem {
namespace {

using namespace std::chrono_literals;

constexpr double kBytesPerSecond = 1e6;

// A hypervisor with one such VM, whose NIC receives steadily. A call takes what it needs and waits beyond that; it
// reads at any moment of its waiting.
class SlowSource {
 public:
  using Waits = std::function<Nanoseconds()>;
  SlowSource(Clock& clock, Nanoseconds needed, Waits waits, unsigned seed)
      : clock_(clock), needed_(needed), waits_(std::move(waits)), random_(seed) {}

  // Gives the time at which the call ended.
  SteadyTime Collect(Snapshot& snapshot) {
    const Nanoseconds waited = waits_();
    snapshot.up = true;
    ++snapshot.cycle;
    snapshot.stamp = clock_.Now();
    snapshot.domains.assign(1, ReadAt(snapshot.stamp.steady + needed_ / 2 + AnyPartOf(waited)));
    snapshot.domains[0].stamp = snapshot.stamp;
    snapshot.domains[0].call_took = needed_ + waited;
    floors_.Assign(1, snapshot.domains);
    return snapshot.stamp.steady + needed_ + waited;
  }

 private:
  Nanoseconds AnyPartOf(Nanoseconds whole) {
    return Nanoseconds(std::uniform_int_distribution<Nanoseconds::rep>(0, whole.count())(random_));
  }
  static DomainStats ReadAt(SteadyTime moment) {
    DomainStats vm;
    vm.uuid = "busy";
    vm.state = 1;
    vm.vcpus = 1;
    vm.cpu[CpuCounter::kTimeNs] = static_cast<std::uint64_t>(moment.time_since_epoch().count());
    vm.vcpu_stats.push_back({0, 1, false, {{vm.cpu[CpuCounter::kTimeNs], {}, {}}}});
    vm.nics.push_back({"vnet0", {}});
    vm.nics[0].counters[NicCounter::kRxBytes] =
        static_cast<std::uint64_t>(kBytesPerSecond * Seconds(moment.time_since_epoch()));
    return vm;
  }

  Clock& clock_;
  const Nanoseconds needed_;
  const Waits waits_;
  std::mt19937_64 random_;
  CallFloors floors_;
};

// What came of so many cycles, on ticks of the interval.
struct Outcome {
  std::vector<double> percents, vcpu_percents, byte_rates;
  std::uint64_t pairs = 0, rates_uncertain = 0;
};

void Note(const DomainDerived& derived, Outcome& outcome) {
  if (derived.cpu_percent) outcome.percents.push_back(*derived.cpu_percent);
  if (derived.vcpu_percents[0].usage) outcome.vcpu_percents.push_back(*derived.vcpu_percents[0].usage);
  if (const Rate& rate = derived.nic_total_rates[NicCounter::kRxBytes]) outcome.byte_rates.push_back(*rate);
}

Outcome Run(FakeClock& clock, SlowSource& source, Nanoseconds interval) {
  constexpr std::uint64_t kCycles = 3000;
  RateTracker tracker;
  Snapshot snapshot;
  std::vector<DomainDerived> derived;
  Outcome outcome{{}, {}, {}, kCycles - 1, 0};
  while (snapshot.cycle < kCycles) {
    const SteadyTime end = source.Collect(snapshot);
    tracker.Derive(snapshot, derived);
    Note(derived[0], outcome);
    const auto ticks = (end - clock.SteadyNow()) / interval + 1;
    clock.Advance(ticks * interval);
  }
  outcome.rates_uncertain = tracker.rates_uncertain();
  return outcome;
}

// Up to several intervals, often none, mostly little. One of the recent calls never waited: else nobody could know.
SlowSource::Waits AnyWaits(Nanoseconds interval, unsigned seed) {
  return [interval, random = std::mt19937_64(seed), in_a_row = CallFloors::kRecent]() mutable -> Nanoseconds {
    const auto choice = std::uniform_int_distribution<>(0, 3)(random);
    if (choice == 0 || ++in_a_row >= CallFloors::kRecent) {
      in_a_row = 0;
      return {};
    }
    const auto longest = choice == 1 ? 3 * interval : interval / 8;
    return Nanoseconds(std::uniform_int_distribution<Nanoseconds::rep>(0, longest.count())(random));
  };
}

double FarthestFrom(double truth, const std::vector<double>& values) {
  double farthest = 0;
  for (const double value : values) farthest = std::max(farthest, std::abs(value - truth) / truth);
  return farthest;
}

Outcome RunWithAnyWaits() {
  const Nanoseconds interval = GENERATE(as<Nanoseconds>(), 100ms, 1s, 5s);
  const unsigned seed = GENERATE(range(1U, 6U));
  CAPTURE(interval.count(), seed);
  FakeClock clock;
  SlowSource source(clock, 5ms, AnyWaits(interval, seed), seed);
  return Run(clock, source, interval);
}

constexpr double kTolerance = 0.1 + 1e-6;

TEST_CASE("every percentage and every rate is within 10 % of the truth or absent") {
  const Outcome outcome = RunWithAnyWaits();
  CHECK(FarthestFrom(100, outcome.percents) <= kTolerance);
  CHECK(FarthestFrom(100, outcome.vcpu_percents) <= kTolerance);
  CHECK(FarthestFrom(kBytesPerSecond, outcome.byte_rates) <= kTolerance);
}

TEST_CASE("every pair of samples either has its rates or is counted as uncertain") {
  const Outcome outcome = RunWithAnyWaits();
  CHECK(outcome.percents.size() > outcome.pairs / 10);
  CHECK(outcome.rates_uncertain > outcome.pairs / 10);
  CHECK(outcome.percents.size() + outcome.rates_uncertain == outcome.pairs);
  CHECK(outcome.byte_rates.size() == outcome.percents.size());
}

TEST_CASE("a steady latency costs no rate however long it is") {
  const Nanoseconds interval = GENERATE(as<Nanoseconds>(), 100ms, 1s, 5s);
  const double share = GENERATE(0.01, 0.6, 0.99);
  FakeClock clock;
  const auto needed = std::chrono::duration_cast<Nanoseconds>(interval * share);
  SlowSource source(
      clock, needed, [] { return 0ns; }, 1);
  const Outcome outcome = Run(clock, source, interval);
  CHECK(outcome.percents.size() == outcome.pairs);
  CHECK(outcome.rates_uncertain == 0);
}

}  // namespace
}  // namespace vmtelem

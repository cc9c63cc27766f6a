#include <catch2/catch.hpp>

#include "cycles.h"
#include "derive/rates.h"

// A rate needs a known time: how far apart two samples are when each was read at some moment of a call.
namespace vmtelem {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kNeeded = 5ms;

// Everything there is of a VM, read in a call that took `excess` more than it needed.
DomainStats Sample(double seconds, Nanoseconds excess = 0ms) {
  const auto value = static_cast<std::uint64_t>(1000 + 100 * seconds);
  DomainStats domain = With(With(With(Running(seconds), Nic("vnet0", value)), Disk("vda", value)), Vcpu(0, value));
  domain.cpu.fill(value);
  domain.memory.fill(value);
  domain.memory[MemoryValue::kUsableBytes] = value / 2;
  domain.call_took = kNeeded + excess;
  domain.call_floor = kNeeded;
  return domain;
}

bool IsKnown(const DomainStats& before, const DomainStats& now) { return ElapsedIsKnown(before, now); }

TEST_CASE("the time between calls that took no longer than their floors is known however long it is") {
  DomainStats before = Sample(0), now = Sample(1);
  before.call_took = before.call_floor = now.call_took = now.call_floor = GENERATE(0ms, 5ms, 600ms, 5s);
  CHECK(IsKnown(before, now));
}

TEST_CASE("the time is known as long as both calls waited for a tenth of it at most") {
  CHECK(IsKnown(Sample(0, 40ms), Sample(1, 60ms)));
  CHECK_FALSE(IsKnown(Sample(0, 40ms), Sample(1, 60ms + 1ns)));
}

TEST_CASE("either call alone may make the time unknown") {
  CHECK(IsKnown(Sample(0, 100ms), Sample(1)));
  CHECK(IsKnown(Sample(0), Sample(1, 100ms)));
  CHECK_FALSE(IsKnown(Sample(0, 101ms), Sample(1)));
  CHECK_FALSE(IsKnown(Sample(0), Sample(1, 101ms)));
}

TEST_CASE("a first call that waited is found out by a second that did not") {
  DomainStats before = Sample(0, 900ms);
  before.call_floor = before.call_took;
  CHECK_FALSE(IsKnown(before, Sample(1)));
}

TEST_CASE("a longer time may be known less exactly") {
  CHECK_FALSE(IsKnown(Sample(0), Sample(1, 400ms)));
  CHECK(IsKnown(Sample(0), Sample(5, 400ms)));
}

template <class Values>
bool AnyKnown(const Values& values) {
  return std::any_of(values.begin(), values.end(), [](const auto& value) { return value.has_value(); });
}

TEST_CASE("over a time that is not known there is no rate and no percentage of it") {
  Cycles cycles;
  cycles.Next(Sample(0));
  const DomainDerived derived = cycles.Next(Sample(1, 900ms));
  CHECK_FALSE(AnyKnown(derived.nic_rates.at(0)));
  CHECK_FALSE(AnyKnown(derived.nic_total_rates));
  CHECK_FALSE(AnyKnown(derived.disk_rates.at(0)));
  CHECK_FALSE(AnyKnown(derived.disk_total_rates));
  CHECK_FALSE(AnyKnown(std::array{derived.vcpu_percents.at(0).usage, derived.vcpu_percents.at(0).steal}));
  CHECK_FALSE(AnyKnown(std::array{derived.cpu_percent, derived.cpu_user_percent, derived.cpu_system_percent,
                                  derived.cpu_steal_percent, derived.memory_rss_rate}));
}

TEST_CASE("over a time that is not known, values of a single sample stay") {
  Cycles cycles;
  cycles.Next(Sample(0));
  const DomainDerived derived = cycles.Next(Sample(1, 900ms));
  CHECK(derived.has_features);
  CHECK(derived.memory_used_percent == Approx(50));
  CHECK(derived.nic_totals[NicCounter::kRxBytes] == 1100);
  CHECK(derived.disk_totals[DiskCounter::kWrBytes] == 1100);
  CHECK(derived.vcpu_totals[VcpuCounter::kTimeNs] == 1100);
}

// Of one vCPU, at two moments.
struct BusyVcpu {
  Cycles cycles;

  explicit BusyVcpu(std::uint64_t used_ns) {
    cycles.Next(With(Sample(0), Vcpu(1, 0)));
    derived = cycles.Next(With(With(Sample(1), CpuCounter::kTimeNs, 2000), Vcpu(1, used_ns)));
  }
  DomainDerived derived;
};

TEST_CASE("a vCPU that used more time than passed gives the VM no CPU percentage") {
  const BusyVcpu busy(1'120'000'001);
  CHECK_FALSE(AnyKnown(std::array{busy.derived.cpu_percent, busy.derived.cpu_steal_percent}));
  for (const auto& vcpu : busy.derived.vcpu_percents) CHECK_FALSE(AnyKnown(std::array{vcpu.usage, vcpu.steal}));
  CHECK(busy.cycles.rates_uncertain() == 1);
}

TEST_CASE("a vCPU that used more time than passed says nothing of other rates") {
  const BusyVcpu busy(1'120'000'001);
  CHECK(busy.derived.nic_total_rates[NicCounter::kRxBytes] == 100.0);
  CHECK(busy.derived.disk_total_rates[DiskCounter::kWrBytes] == 100.0);
}

TEST_CASE("a vCPU may use as much as passed, as exactly as that and its counter are known") {
  const BusyVcpu busy(1'120'000'000);
  CHECK(busy.derived.cpu_percent.has_value());
  CHECK(busy.derived.vcpu_percents.at(1).usage == Approx(112));
  CHECK(busy.cycles.rates_uncertain() == 0);
}

TEST_CASE("a call that waited costs the rates before and after it and no others") {
  Cycles cycles;
  cycles.Next(Sample(0));
  CHECK(cycles.Next(Sample(1)).nic_total_rates[NicCounter::kRxBytes] == 100.0);
  CHECK(cycles.Next(Sample(2, 900ms)).nic_total_rates[NicCounter::kRxBytes] == std::nullopt);
  CHECK(cycles.Next(Sample(3)).nic_total_rates[NicCounter::kRxBytes] == std::nullopt);
  CHECK(cycles.Next(Sample(4)).nic_total_rates[NicCounter::kRxBytes] == 100.0);
}

TEST_CASE("each pair of samples that is left out is counted, for each VM") {
  Cycles cycles;
  const auto both = [](double seconds, Nanoseconds excess, Nanoseconds excess_of_other) {
    DomainStats other = Sample(seconds, excess_of_other);
    other.uuid = "other";
    return std::vector{Sample(seconds, excess), other};
  };
  cycles.Next(both(0, 0ms, 0ms));
  CHECK(cycles.rates_uncertain() == 0);
  cycles.Next(both(1, 900ms, 0ms));
  CHECK(cycles.rates_uncertain() == 1);
  cycles.Next(both(2, 900ms, 900ms));
  CHECK(cycles.rates_uncertain() == 3);
}

TEST_CASE("pairs that give no rate anyhow are not counted as left out") {
  Cycles cycles;
  SECTION("a first sample") { cycles.Next(Sample(0, 900ms)); }
  SECTION("a gap") {
    cycles.Next(Sample(0));
    cycles.Miss();
    cycles.Next(Sample(2, 900ms));
  }
  SECTION("a reset") {
    cycles.Next(Sample(1));
    cycles.Next(Sample(0.5, 900ms));
  }
  CHECK(cycles.rates_uncertain() == 0);
}

}  // namespace
}  // namespace vmtelem

#include <algorithm>

#include <catch2/catch.hpp>

#include "cycles.h"

// What is derived of a VM whose monitor stops answering: first it lacks what needs the monitor, or all of it, then it
// is complete again.
namespace vmtelem {
namespace {

// Everything there is of the VM; its counters rise by 100 per second.
DomainStats Complete(double seconds) {
  const auto value = static_cast<std::uint64_t>(1000 + 100 * seconds);
  DomainStats domain = With(With(Running(seconds), Nic("vnet0", value)), Disk("vda", value));
  domain = With(With(domain, Vcpu(0, value)), Vcpu(1, value));
  for (const CpuCounter counter : {CpuCounter::kTimeNs, CpuCounter::kUserNs, CpuCounter::kSystemNs}) {
    domain.cpu[counter] = value * 10'000'000;
  }
  domain.memory.fill(value);
  domain.monitor_ok = true;
  return domain;
}

// What a call with NOWAIT gives while another is blocked on the monitor: disks by name only, of memory the balloon.
DomainStats Hung(double seconds) {
  DomainStats domain = Complete(seconds);
  domain.disks = {{"vda", {}, {}}};
  domain.memory.fill(std::nullopt);
  domain.memory[MemoryValue::kCurrentBytes] = domain.memory[MemoryValue::kMaxBytes] = 4096;
  domain.monitor_ok = false;
  domain.monitor_blocked_s = seconds;
  return domain;
}

DomainStats SetAside() {
  DomainStats domain = Silent();
  domain.domain_id.reset();
  domain.incarnation = 1;
  domain.monitor_ok = false;
  domain.monitor_blocked_s = 1;
  return domain;
}

template <class Values>
bool AnyKnown(const Values& values) {
  return std::any_of(values.begin(), values.end(), [](const auto& value) { return value.has_value(); });
}

// What the hang must not touch.
void CheckCpuAndNetRates(const DomainDerived& derived) {
  CHECK(derived.nic_total_rates[NicCounter::kRxBytes] == 100.0);
  CHECK(derived.nic_rates.at(0)[NicCounter::kTxBytes] == 100.0);
  CHECK(derived.cpu_percent == Approx(50));
  CHECK(derived.cpu_steal_percent.has_value());
  CHECK(derived.vcpu_percents.at(1).usage.has_value());
}

void CheckNoDiskRates(const DomainDerived& derived) {
  CHECK_FALSE(AnyKnown(derived.disk_total_rates));
  for (const auto& rates : derived.disk_rates) CHECK_FALSE(AnyKnown(rates));
}

TEST_CASE("while the monitor does not answer there are rates of CPU and network, and none of disks and memory") {
  Cycles cycles;
  cycles.Next(Complete(0));
  for (const double seconds : {1, 2, 3}) {
    const DomainDerived derived = cycles.Next(Hung(seconds));
    CheckCpuAndNetRates(derived);
    CheckNoDiskRates(derived);
    CHECK_FALSE(AnyKnown(derived.disk_totals));
    CHECK_FALSE(derived.memory_rss_rate);
    CHECK_FALSE(derived.memory_used_percent);
  }
}

TEST_CASE("the first sample after a hang has disk totals and no disk rates, the next one has both") {
  Cycles cycles;
  cycles.Next(Complete(0));
  cycles.Next(Hung(1));
  const DomainDerived first = cycles.Next(Complete(2));
  CHECK(first.disk_totals[DiskCounter::kRdBytes] == 1200U);
  CheckNoDiskRates(first);
  CHECK_FALSE(first.memory_rss_rate);
  CheckCpuAndNetRates(first);
  const DomainDerived second = cycles.Next(Complete(3));
  CHECK(second.disk_total_rates[DiskCounter::kRdBytes] == 100.0);
  CHECK(second.disk_rates.at(0)[DiskCounter::kWrReqs] == 100.0);
  CHECK(second.memory_rss_rate == 100.0);
}

TEST_CASE("a VM that hangs when it is first seen has disk rates from its second complete sample on") {
  Cycles cycles;
  CHECK_FALSE(AnyKnown(cycles.Next(Hung(0)).disk_totals));
  CHECK_FALSE(AnyKnown(cycles.Next(Hung(1)).disk_totals));
  CheckNoDiskRates(cycles.Next(Complete(2)));
  CHECK(cycles.Next(Complete(3)).disk_total_rates[DiskCounter::kWrBytes] == 100.0);
}

TEST_CASE("a VM that is set aside has no derived values, and its rates begin again with the second sample after that") {
  Cycles cycles;
  cycles.Next(Complete(0));
  const DomainDerived aside = cycles.Next(SetAside());
  CHECK_FALSE(aside.has_features);
  CHECK_FALSE(AnyKnown(aside.nic_totals));
  CHECK_FALSE(AnyKnown(aside.vcpu_totals));
  const DomainDerived first = cycles.Next(Complete(2));
  CHECK(first.has_features);
  CHECK(first.disk_totals[DiskCounter::kRdBytes] == 1200U);
  CheckNoDiskRates(first);
  CHECK_FALSE(AnyKnown(first.nic_total_rates));
  CHECK_FALSE(first.cpu_percent);
  const DomainDerived second = cycles.Next(Complete(3));
  CheckCpuAndNetRates(second);
  CHECK(second.disk_total_rates[DiskCounter::kRdBytes] == 100.0);
}

}  // namespace
}  // namespace vmtelem

#include "derive/rate_tracker.h"

#include <catch2/catch.hpp>

#include "cycles.h"

namespace vmtelem {
namespace {

DomainStats Sample(double seconds, std::uint64_t value) {
  DomainStats domain = With(With(Running(seconds), Nic("vnet0", value)), Disk("vda", value));
  domain = With(With(domain, CpuCounter::kTimeNs, value), MemoryValue::kRssBytes, value);
  return With(With(domain, MemoryValue::kAvailableBytes, 100), MemoryValue::kUsableBytes, 40);
}

bool HasAnyRate(const DomainDerived& derived) {
  const auto any = [](const auto& rates) {
    return std::any_of(rates.begin(), rates.end(), [](const Rate& rate) { return rate.has_value(); });
  };
  return any(derived.nic_total_rates) || any(derived.disk_total_rates) || any(derived.nic_rates.at(0)) ||
         any(derived.disk_rates.at(0)) || derived.cpu_percent || derived.memory_rss_rate;
}

TEST_CASE("the first sample of a VM has totals and no features") {
  Cycles cycles;
  const DomainDerived derived = cycles.Next(Sample(0, 100));
  CHECK(derived.nic_totals[NicCounter::kRxBytes] == 100);
  CHECK_FALSE(derived.has_features);
  CHECK_FALSE(HasAnyRate(derived));
  CHECK(derived.memory_used_percent == std::nullopt);
}

TEST_CASE("the second sample of a VM has features") {
  Cycles cycles;
  cycles.Next(Sample(0, 100));
  const DomainDerived derived = cycles.Next(Sample(2, 300));
  CHECK(derived.has_features);
  CHECK(derived.nic_total_rates[NicCounter::kTxBytes] == 100.0);
  CHECK(derived.disk_rates[0][DiskCounter::kWrBytes] == 100.0);
  CHECK(derived.memory_rss_rate == 100.0);
  CHECK(derived.memory_used_percent == Approx(60));
}

TEST_CASE("rates are always of the last two samples") {
  Cycles cycles;
  cycles.Next(Sample(0, 100));
  cycles.Next(Sample(1, 200));
  CHECK(cycles.Next(Sample(2, 205)).nic_total_rates[NicCounter::kRxBytes] == 5.0);
}

TEST_CASE("the vectors lie parallel to the devices in every sample") {
  Cycles cycles;
  const DomainStats domain = With(With(Sample(0, 1), Nic("vnet1", 1)), Vcpu(0, 1));
  for (int i = 0; i < 2; ++i) {
    const DomainDerived derived = cycles.Next(domain);
    CHECK(derived.nic_rates.size() == 2);
    CHECK(derived.disk_rates.size() == 1);
    CHECK(derived.vcpu_percents.size() == 1);
  }
}

TEST_CASE("a missed cycle leaves out the rates and keeps values that need no neighbour") {
  Cycles cycles;
  cycles.Next(Sample(0, 100));
  cycles.Miss();
  const DomainDerived derived = cycles.Next(Sample(2, 300));
  CHECK(derived.has_features);
  CHECK_FALSE(HasAnyRate(derived));
  CHECK(derived.memory_used_percent == Approx(60));
  CHECK(cycles.Next(Sample(3, 310)).nic_total_rates[NicCounter::kRxBytes] == 10.0);
}

TEST_CASE("a hypervisor that did not answer breaks the chain and takes away no memory") {
  Cycles cycles;
  cycles.Next(With(Sample(0, 100), Disk("vdb", 1)));
  cycles.NextWithoutAnswer();
  const DomainDerived derived = cycles.Next(With(Sample(2, 300), DiskWithoutCounters("vdb")));
  CHECK(derived.has_features);
  CHECK_FALSE(HasAnyRate(derived));
  CHECK(derived.disk_totals[DiskCounter::kRdBytes] == std::nullopt);
}

TEST_CASE("a silent VM has nothing and keeps its memory") {
  Cycles cycles;
  cycles.Next(With(Sample(0, 100), Disk("vdb", 1)));
  CHECK_FALSE(cycles.Next(Silent()).has_features);
  const DomainDerived derived = cycles.Next(With(Sample(2, 300), DiskWithoutCounters("vdb")));
  CHECK(derived.has_features);
  CHECK_FALSE(HasAnyRate(derived));
  CHECK(derived.disk_totals[DiskCounter::kRdBytes] == std::nullopt);
}

TEST_CASE("a silent VM that was never heard of starts with its first sample") {
  Cycles cycles;
  cycles.Next(Silent());
  CHECK_FALSE(cycles.Next(Sample(1, 100)).has_features);
}

TEST_CASE("a VM that is listed no more is forgotten") {
  Cycles cycles;
  cycles.Next(With(Sample(0, 100), Disk("vdb", 1)));
  cycles.Next(std::vector<DomainStats>{});
  const DomainDerived derived = cycles.Next(With(Sample(2, 300), DiskWithoutCounters("vdb")));
  CHECK_FALSE(derived.has_features);
  CHECK(derived.disk_totals[DiskCounter::kRdBytes] == 300);
}

TEST_CASE("a reset of the VM starts all of it afresh") {
  Cycles cycles;
  cycles.Next(With(Sample(0, 100), Disk("vdb", 1)));
  DomainStats now = With(Sample(1, 200), DiskWithoutCounters("vdb"));
  SECTION("another incarnation") { now.incarnation = 2; }
  SECTION("another domain id") { now.domain_id = 8; }
  SECTION("a CPU counter went backward") { now.cpu[CpuCounter::kTimeNs] = 99; }
  SECTION("a block counter went backward") { now.disks[0].counters[DiskCounter::kRdReqs] = 99; }
  const DomainDerived derived = cycles.Next(now);
  CHECK_FALSE(derived.has_features);
  CHECK_FALSE(HasAnyRate(derived));
  CHECK(derived.disk_totals[DiskCounter::kWrBytes] == 200);  // vdb owes nothing in this run
}

TEST_CASE("a reset is seen over a gap") {
  Cycles cycles;
  cycles.Next(With(Sample(0, 100), Disk("vdb", 1)));
  cycles.Next(Silent());
  const DomainDerived derived = cycles.Next(With(Sample(2, 50), DiskWithoutCounters("vdb")));
  CHECK_FALSE(derived.has_features);
  CHECK(derived.disk_totals[DiskCounter::kWrBytes] == 50);
}

TEST_CASE("rates come back one sample after a reset") {
  Cycles cycles;
  cycles.Next(Sample(0, 100));
  cycles.Next(Sample(1, 10));
  CHECK(cycles.Next(Sample(2, 15)).nic_total_rates[NicCounter::kRxBytes] == 5.0);
}

TEST_CASE("a NIC counter that went backward leaves the rest of the VM alone") {
  Cycles cycles;
  cycles.Next(Sample(0, 100));
  DomainStats now = Sample(1, 200);
  now.nics[0] = Nic("vnet0", 5);
  const DomainDerived derived = cycles.Next(now);
  CHECK(derived.nic_rates[0][NicCounter::kRxBytes] == std::nullopt);
  CHECK(derived.nic_totals[NicCounter::kRxBytes] == 5);
  CHECK(derived.disk_total_rates[DiskCounter::kRdBytes] == 100.0);
}

TEST_CASE("a device that was unplugged and came back starts afresh") {
  Cycles cycles;
  cycles.Next(With(Sample(0, 100), Nic("vnet1", 100)));
  cycles.Next(Sample(1, 200));
  const DomainDerived derived = cycles.Next(With(Sample(2, 300), Nic("vnet1", 150)));
  CHECK(derived.nic_rates[0][NicCounter::kRxBytes] == 100.0);
  CHECK(derived.nic_rates[1][NicCounter::kRxBytes] == std::nullopt);
}

TEST_CASE("a drive that was emptied leaves its total, which has no rate over that interval") {
  Cycles cycles;
  cycles.Next(With(Sample(0, 100), Disk("sda", 50)));
  const DomainDerived ejected = cycles.Next(With(Sample(1, 200), DiskStats{"sda", {}, {}}));
  CHECK(ejected.disk_totals[DiskCounter::kRdBytes] == 200);
  CHECK(ejected.disk_total_rates[DiskCounter::kRdBytes] == std::nullopt);
  const DomainDerived after = cycles.Next(With(Sample(2, 300), DiskStats{"sda", {}, {}}));
  CHECK(after.disk_total_rates[DiskCounter::kRdBytes] == 100.0);
}

TEST_CASE("a disk that was exchanged for another in one interval leaves the total without a rate") {
  Cycles cycles;
  cycles.Next(With(With(Sample(0, 100), Disk("sda", 50)), DiskStats{"sdb", {}, {}}));
  const DomainDerived derived = cycles.Next(With(With(Sample(1, 200), DiskStats{"sda", {}, {}}), Disk("sdb", 70)));
  CHECK(derived.disk_totals[DiskCounter::kRdBytes] == 270);
  CHECK(derived.disk_total_rates[DiskCounter::kRdBytes] == std::nullopt);
}

TEST_CASE("a device that came back without counters owes nothing") {
  Cycles cycles;
  cycles.Next(With(Sample(0, 100), Nic("vnet1", 100)));
  cycles.Next(Sample(1, 200));
  const DomainDerived derived = cycles.Next(With(Sample(2, 300), NicStats{"vnet1", {}}));
  CHECK(derived.nic_totals[NicCounter::kRxBytes] == 300);
}

TEST_CASE("an absent value breaks the chain for the sample after it") {
  Cycles cycles;
  cycles.Next(Sample(0, 100));
  DomainStats partial = Sample(1, 200);
  partial.disks[0].counters = {};
  CHECK(cycles.Next(partial).disk_totals[DiskCounter::kRdBytes] == std::nullopt);
  const DomainDerived derived = cycles.Next(Sample(2, 300));
  CHECK(derived.disk_totals[DiskCounter::kRdBytes] == 300);
  CHECK(derived.disk_total_rates[DiskCounter::kRdBytes] == std::nullopt);
  CHECK(derived.nic_total_rates[NicCounter::kRxBytes] == 100.0);
}

TEST_CASE("VMs are told apart by UUID, not by name or position") {
  Cycles cycles;
  DomainStats other = Sample(0, 5000);
  other.uuid = "other";
  cycles.Next({Sample(0, 100), other});
  DomainStats other_now = Sample(1, 5007);
  other_now.uuid = "other";
  other_now.name = "renamed";
  const auto derived = cycles.Next({other_now, Sample(1, 101)});
  CHECK(derived[0].nic_total_rates[NicCounter::kRxBytes] == 7.0);
  CHECK(derived[1].nic_total_rates[NicCounter::kRxBytes] == 1.0);
}

}  // namespace
}  // namespace vmtelem

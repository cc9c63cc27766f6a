#include "derive/rates.h"

#include <catch2/catch.hpp>

#include "derive/totals.h"
#include "samples.h"

namespace vmtelem {
namespace {

// As the tracker does it between two neighbouring samples.
DomainDerived RatesOf(const DomainStats& before, const DomainStats& now, const DevicesWithCounters& known = {}) {
  DomainDerived derived;
  derived.nic_rates.resize(now.nics.size());
  derived.disk_rates.resize(now.disks.size());
  derived.vcpu_percents.resize(now.vcpu_stats.size());
  FillTotals(now, known, derived);
  FillRates(before, now, derived);
  return derived;
}

TEST_CASE("an increase is known only if both values are and the later is not smaller") {
  CHECK(Increase(3, 5) == 2);
  CHECK(Increase(5, 5) == 0);
  CHECK(Increase(5, 3) == std::nullopt);
  CHECK(Increase(std::nullopt, 3) == std::nullopt);
  CHECK(Increase(3, std::nullopt) == std::nullopt);
  CHECK(Increase(0, UINT64_MAX) == UINT64_MAX);
}

TEST_CASE("a rate is per second of measured time") {
  const auto derived = RatesOf(With(Running(10), Nic("vnet0", 100)), With(Running(10.5), Nic("vnet0", 200)));
  for (const Rate& rate : derived.nic_rates[0]) CHECK(rate == 200.0);
  for (const Rate& rate : derived.nic_total_rates) CHECK(rate == 200.0);
}

TEST_CASE("a counter that stands still has the rate zero") {
  const auto derived = RatesOf(With(Running(10), Nic("vnet0", 100)), With(Running(11), Nic("vnet0", 100)));
  CHECK(derived.nic_total_rates[NicCounter::kRxBytes] == 0.0);
}

TEST_CASE("of a disk only requests and bytes have rates") {
  const auto derived = RatesOf(With(Running(0), Disk("vda", 100)), With(Running(1), Disk("vda", 200)));
  for (const DiskCounter counter : kRatedDiskCounters) {
    CHECK(derived.disk_rates[0][counter] == 100.0);
    CHECK(derived.disk_total_rates[counter] == 100.0);
  }
  for (const DiskCounter counter : {DiskCounter::kRdTimeNs, DiskCounter::kFlReqs, DiskCounter::kErrors}) {
    CHECK(derived.disk_rates[0][counter] == std::nullopt);
    CHECK(derived.disk_total_rates[counter] == std::nullopt);
  }
}

TEST_CASE("without elapsed time there is no rate") {
  const double later = GENERATE(10.0, 9.0);
  const DomainStats before = With(With(Running(10), Nic("vnet0", 100)), MemoryValue::kRssBytes, 4096);
  const DomainStats now = With(With(Running(later), Nic("vnet0", 200)), MemoryValue::kRssBytes, 8192);
  const auto derived = RatesOf(before, now);
  CHECK(derived.nic_rates[0][NicCounter::kRxBytes] == std::nullopt);
  CHECK(derived.nic_total_rates[NicCounter::kRxBytes] == std::nullopt);
  CHECK(derived.memory_rss_rate == std::nullopt);
}

TEST_CASE("devices are matched by name when their positions shift") {
  const DomainStats before = With(With(Running(0), Nic("vnet0", 100)), Nic("vnet1", 1000));
  const DomainStats now = With(With(Running(1), Nic("vnet1", 1005)), Nic("vnet0", 103));
  const auto derived = RatesOf(before, now);
  CHECK(derived.nic_rates[0][NicCounter::kRxBytes] == 5.0);
  CHECK(derived.nic_rates[1][NicCounter::kRxBytes] == 3.0);
  CHECK(derived.nic_total_rates[NicCounter::kRxBytes] == 8.0);
}

TEST_CASE("a NIC counter that went backward costs that NIC and the total their rates, the other NIC none") {
  DomainStats now = With(With(Running(1), Nic("vnet0", 200)), Nic("vnet1", 200));
  now.nics[1].counters[NicCounter::kTxDrops] = 0;
  const auto derived = RatesOf(With(With(Running(0), Nic("vnet0", 100)), Nic("vnet1", 100)), now);
  CHECK(derived.nic_rates[0][NicCounter::kRxBytes] == 100.0);
  CHECK(derived.nic_rates[1][NicCounter::kRxBytes] == std::nullopt);
  CHECK(derived.nic_total_rates[NicCounter::kRxBytes] == std::nullopt);
}

TEST_CASE("a total has no rate over an interval in which a device came") {
  const auto derived =
      RatesOf(With(Running(0), Disk("vda", 100)), With(With(Running(1), Disk("vda", 200)), Disk("vdb", 100)));
  CHECK(derived.disk_rates[0][DiskCounter::kRdBytes] == 100.0);
  CHECK(derived.disk_rates[1][DiskCounter::kRdBytes] == std::nullopt);
  CHECK(derived.disk_total_rates[DiskCounter::kRdBytes] == std::nullopt);
}

TEST_CASE("a total has no rate over an interval in which a device went") {
  const auto derived =
      RatesOf(With(With(Running(0), Disk("vda", 100)), Disk("vdb", 100)), With(Running(1), Disk("vda", 200)));
  CHECK(derived.disk_rates[0][DiskCounter::kRdBytes] == 100.0);
  CHECK(derived.disk_total_rates[DiskCounter::kRdBytes] == std::nullopt);
}

TEST_CASE("a device without counters may come and go without a trace in the rates") {
  const auto derived =
      RatesOf(With(Running(0), Disk("vda", 100)), With(With(Running(1), Disk("vda", 200)), DiskStats{"sr0", {}, {}}));
  CHECK(derived.disk_total_rates[DiskCounter::kRdBytes] == 100.0);
}

TEST_CASE("a total that is not complete has no rate although its known parts have rates") {
  const DiskStats lost = DiskWithoutCounters("vdb");
  const auto derived = RatesOf(With(With(Running(0), Disk("vda", 100)), lost),
                               With(With(Running(1), Disk("vda", 200)), lost), {{}, {"vda", "vdb"}});
  CHECK(derived.disk_rates[0][DiskCounter::kRdBytes] == 100.0);
  CHECK(derived.disk_total_rates[DiskCounter::kRdBytes] == std::nullopt);
}

TEST_CASE("a counter that was absent in one of two samples has no rate, all others have") {
  DomainStats before = With(Running(0), Nic("vnet0", 100));
  before.nics[0].counters[NicCounter::kRxDrops].reset();
  const auto derived = RatesOf(before, With(Running(1), Nic("vnet0", 200)));
  CHECK(derived.nic_rates[0][NicCounter::kRxDrops] == std::nullopt);
  CHECK(derived.nic_total_rates[NicCounter::kRxDrops] == std::nullopt);
  CHECK(derived.nic_total_rates[NicCounter::kRxBytes] == 100.0);
}

TEST_CASE("CPU percentages are of all vCPUs") {
  DomainStats before = Running(10);
  DomainStats now = Running(12);
  before.cpu = {{1'000'000'000, 300'000'000, 100'000'000}};
  now.cpu = {{3'000'000'000, 700'000'000, 200'000'000}};
  const auto derived = RatesOf(before, now);
  CHECK(derived.cpu_percent == Approx(50));
  CHECK(derived.cpu_user_percent == Approx(10));
  CHECK(derived.cpu_system_percent == Approx(2.5));
}

TEST_CASE("a CPU percentage needs the number of vCPUs, the same before and now") {
  DomainStats before = With(Running(10), CpuCounter::kTimeNs, 1);
  DomainStats now = With(Running(11), CpuCounter::kTimeNs, 2);
  SECTION("unknown") { before.vcpus = now.vcpus = std::nullopt; }
  SECTION("none") { before.vcpus = now.vcpus = 0; }
  SECTION("changed") { now.vcpus = 3; }
  SECTION("not known before") { before.vcpus.reset(); }
  CHECK(RatesOf(before, now).cpu_percent == std::nullopt);
}

TEST_CASE("steal is the delay of all vCPUs, in percent of all of them and of each") {
  DomainStats before = With(With(Running(0), Vcpu(0, 0)), Vcpu(1, 0));
  DomainStats now = With(With(Running(1), Vcpu(0, 0)), Vcpu(1, 0));
  now.vcpu_stats[0].counters = {{500'000'000, 0, 100'000'000}};
  now.vcpu_stats[1].counters = {{1'000'000'000, 0, 300'000'000}};
  const auto derived = RatesOf(before, now);
  CHECK(derived.cpu_steal_percent == Approx(20));
  CHECK(derived.vcpu_percents[0].usage == Approx(50));
  CHECK(derived.vcpu_percents[0].steal == Approx(10));
  CHECK(derived.vcpu_percents[1].usage == Approx(100));
  CHECK(derived.vcpu_percents[1].steal == Approx(30));
}

TEST_CASE("steal is not known over an interval in which a vCPU came or went") {
  const DomainStats one = With(Running(0), Vcpu(0, 0));
  const DomainStats two = With(With(Running(0), Vcpu(0, 0)), Vcpu(1, 0));
  DomainStats later_one = one, later_two = two;
  later_one.stamp.steady += std::chrono::seconds(1);
  later_two.stamp.steady += std::chrono::seconds(1);
  CHECK(RatesOf(one, later_two).cpu_steal_percent == std::nullopt);
  CHECK(RatesOf(two, later_one).cpu_steal_percent == std::nullopt);
  CHECK(RatesOf(two, later_two).cpu_steal_percent == 0.0);
}

TEST_CASE("resident memory may shrink") {
  const auto derived =
      RatesOf(With(Running(0), MemoryValue::kRssBytes, 8192), With(Running(2), MemoryValue::kRssBytes, 4096));
  CHECK(derived.memory_rss_rate == -2048.0);
}

TEST_CASE("used memory is the available memory that is not usable") {
  const DomainStats domain = With(Running(0), MemoryValue::kAvailableBytes, 1000);
  CHECK(MemoryUsedPercent(With(domain, MemoryValue::kUsableBytes, 250)) == Approx(75));
  CHECK(MemoryUsedPercent(With(domain, MemoryValue::kUsableBytes, 1000)) == 0.0);
  CHECK(MemoryUsedPercent(With(domain, MemoryValue::kUsableBytes, 1001)) == std::nullopt);
  CHECK(MemoryUsedPercent(domain) == std::nullopt);
  CHECK(MemoryUsedPercent(With(Running(0), MemoryValue::kUsableBytes, 250)) == std::nullopt);
  CHECK(MemoryUsedPercent(With(With(Running(0), MemoryValue::kUsableBytes, 0), MemoryValue::kAvailableBytes, 0)) ==
        std::nullopt);
}

TEST_CASE("a VM started afresh if anything but a NIC says so") {
  const DomainStats before =
      With(With(With(With(Running(0), CpuCounter::kUserNs, 100), Disk("vda", 100)), Vcpu(0, 100)), Nic("vnet0", 100));
  DomainStats now = before;
  CHECK_FALSE(StartedAfresh(before, now));
  SECTION("another incarnation") {
    now.incarnation = 2;
    CHECK(StartedAfresh(before, now));
  }
  SECTION("another domain id") {
    now.domain_id = 8;
    CHECK(StartedAfresh(before, now));
  }
  SECTION("a domain id that is not known is not another") {
    now.domain_id.reset();
    CHECK_FALSE(StartedAfresh(before, now));
    CHECK_FALSE(StartedAfresh(now, before));
  }
  SECTION("a CPU counter went backward") {
    now.cpu[CpuCounter::kUserNs] = 99;
    CHECK(StartedAfresh(before, now));
  }
  SECTION("a vCPU counter went backward") {
    now.vcpu_stats[0].counters[VcpuCounter::kTimeNs] = 99;
    CHECK(StartedAfresh(before, now));
  }
  SECTION("a block counter went backward") {
    now.disks[0].counters[DiskCounter::kFlReqs] = 99;
    CHECK(StartedAfresh(before, now));
  }
  SECTION("another disk has smaller counters") {
    now.disks[0] = Disk("vdb", 1);
    CHECK_FALSE(StartedAfresh(before, now));
  }
  SECTION("a NIC counter went backward") {
    now.nics[0].counters[NicCounter::kRxBytes] = 99;
    CHECK_FALSE(StartedAfresh(before, now));
  }
}

}  // namespace
}  // namespace vmtelem

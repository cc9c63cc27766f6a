#include "derive/totals.h"

#include <catch2/catch.hpp>

#include "samples.h"

namespace vmtelem {
namespace {

DomainDerived TotalsOf(const DomainStats& domain, const DevicesWithCounters& known = {}) {
  DomainDerived derived;
  FillTotals(domain, known, derived);
  return derived;
}

TEST_CASE("a total is the sum over the devices") {
  const DomainStats domain =
      With(With(With(With(Running(0), Nic("vnet0", 3)), Nic("vnet1", 4)), Disk("vda", 10)), Disk("vdb", 20));
  const DomainDerived derived = TotalsOf(domain);
  for (const Counter& total : derived.nic_totals) CHECK(total == 7);
  CHECK(derived.disk_totals[DiskCounter::kRdReqs] == 30);
  CHECK(derived.disk_totals[DiskCounter::kFlTimeNs] == 30);
}

TEST_CASE("a VM without devices has no totals rather than zeros") {
  const DomainDerived derived = TotalsOf(Running(0));
  CHECK(derived.nic_totals[NicCounter::kRxBytes] == std::nullopt);
  CHECK(derived.disk_totals[DiskCounter::kRdBytes] == std::nullopt);
  CHECK(derived.vcpu_totals[VcpuCounter::kTimeNs] == std::nullopt);
}

TEST_CASE("a device that never had counters does not count") {
  const DomainStats domain =
      With(With(With(With(Running(0), Nic("vnet0", 3)), NicStats{"", {}}), Disk("vda", 10)), DiskStats{"sr0", {}, {}});
  const DomainDerived derived = TotalsOf(domain);
  CHECK(derived.nic_totals[NicCounter::kRxBytes] == 3);
  CHECK(derived.disk_totals[DiskCounter::kRdBytes] == 10);
}

TEST_CASE("a disk with a size only has no counters") {
  DiskStats sized{"vdb", {}, {}};
  sized.gauges.fill(4096);
  CHECK(TotalsOf(With(With(Running(0), Disk("vda", 10)), sized)).disk_totals[DiskCounter::kRdBytes] == 10);
}

TEST_CASE("a VM all of whose devices are without counters has no totals") {
  CHECK(TotalsOf(With(Running(0), NicStats{"vnet0", {}})).nic_totals[NicCounter::kRxBytes] == std::nullopt);
}

TEST_CASE("a device that had counters and lacks them now makes the totals absent") {
  const DomainStats domain = With(With(Running(0), Disk("vda", 10)), DiskWithoutCounters("vdb"));
  const DomainDerived derived = TotalsOf(domain, {{}, {"vda", "vdb"}});
  CHECK(derived.disk_totals[DiskCounter::kRdBytes] == std::nullopt);
}

TEST_CASE("a device that could not be read makes the totals of its kind absent, from the first sample on") {
  NicStats failed_nic{"vnet1", {}};
  failed_nic.failed = true;
  DiskStats failed_disk{"vdb", {}, {}};
  failed_disk.failed = true;
  const DomainStats complete = With(With(Running(0), Nic("vnet0", 3)), Disk("vda", 10));
  const DomainDerived without_nic = TotalsOf(With(complete, failed_nic));
  CHECK(without_nic.nic_totals[NicCounter::kRxBytes] == std::nullopt);
  CHECK(without_nic.disk_totals[DiskCounter::kRdBytes] == 10);
  const DomainDerived without_disk = TotalsOf(With(complete, failed_disk));
  CHECK(without_disk.nic_totals[NicCounter::kRxBytes] == 3);
  CHECK(without_disk.disk_totals[DiskCounter::kRdBytes] == std::nullopt);
}

TEST_CASE("a counter that one of the devices does not know has no total, all others have") {
  DiskStats without_flush = Disk("vdb", 5);
  without_flush.counters[DiskCounter::kFlReqs].reset();
  const DomainDerived derived = TotalsOf(With(With(Running(0), Disk("vda", 10)), without_flush));
  CHECK(derived.disk_totals[DiskCounter::kFlReqs] == std::nullopt);
  CHECK(derived.disk_totals[DiskCounter::kErrors] == std::nullopt);
  CHECK(derived.disk_totals[DiskCounter::kWrReqs] == 15);
}

TEST_CASE("the sum over the vCPUs needs every vCPU's value") {
  DomainStats domain = With(With(Running(0), Vcpu(0, 100)), Vcpu(3, 200));
  domain.vcpu_stats[1].counters[VcpuCounter::kWaitNs].reset();
  const DomainDerived derived = TotalsOf(domain);
  CHECK(derived.vcpu_totals[VcpuCounter::kTimeNs] == 300);
  CHECK(derived.vcpu_totals[VcpuCounter::kWaitNs] == std::nullopt);
}

TEST_CASE("a sum that does not fit into 64 bits is absent") {
  const DomainStats domain = With(With(Running(0), Nic("vnet0", UINT64_MAX)), Nic("vnet1", 1));
  CHECK(TotalsOf(domain).nic_totals[NicCounter::kRxBytes] == std::nullopt);
}

TEST_CASE("devices with counters are remembered as long as they are listed") {
  DevicesWithCounters known;
  known.Update(With(With(With(Running(0), Nic("vnet0", 3)), NicStats{"vnet1", {}}), Disk("vda", 1)));
  REQUIRE(known.nics == std::vector<std::string>{"vnet0"});
  REQUIRE(known.disks == std::vector<std::string>{"vda"});

  SECTION("a device that lost its counters is still known") {
    known.Update(With(Running(1), NicStats{"vnet0", {}}));
    CHECK(known.nics == std::vector<std::string>{"vnet0"});
  }
  SECTION("a device that is not listed among others is forgotten") {
    known.Update(With(Running(1), Nic("vnet9", 3)));
    CHECK(known.nics == std::vector<std::string>{"vnet9"});
  }
  SECTION("a group that was not answered at all says nothing") {
    known.Update(Running(1));
    CHECK(known.nics == std::vector<std::string>{"vnet0"});
    CHECK(known.disks == std::vector<std::string>{"vda"});
  }
  SECTION("a device is known once") {
    known.Update(With(Running(1), Nic("vnet0", 4)));
    CHECK(known.nics.size() == 1);
  }
}

}  // namespace
}  // namespace vmtelem

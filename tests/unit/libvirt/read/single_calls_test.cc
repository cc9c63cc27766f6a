#include <catch2/catch.hpp>

#include "stats_reader_fixture.h"

// What is read by one call per kind of value, as libvirt's test driver answers.
namespace vmtelem {
namespace {

TEST_CASE_METHOD(StatsReaderFixture, "a driver whose bulk has only the state is read by single calls for the rest") {
  Open();
  REQUIRE(Read().has_value());
  CHECK(AnsweredNames() == VmNames{"db:main", "paused", "web 01"});
  CHECK(result.problems.empty());
  const auto& web = Vm("web 01");
  CHECK(web.uuid == "22222222-0000-4000-8000-000000000001");
  CHECK(web.domain_id.has_value());
  CHECK(web.state == VIR_DOMAIN_RUNNING);
  CHECK(web.state_reason.has_value());
  CHECK(web.vcpus == 2U);
  CHECK(web.vcpus_max == 2U);
  CHECK(web.vcpu_stats.size() == 2);
  for (const auto& value : web.cpu) CHECK(value.has_value());
  for (const auto& value : web.memory) CHECK(value.has_value());
  CHECK(web.memory[MemoryValue::kMaxBytes] == 1024U << 20);
  CHECK(web.memory[MemoryValue::kCurrentBytes] == 512U << 20);
  CHECK(web.memory_updated_s.has_value());
}

TEST_CASE_METHOD(StatsReaderFixture, "devices of a driver without bulk have their counters under their target name") {
  Open();
  REQUIRE(Read().has_value());
  const auto& web = Vm("web 01");
  REQUIRE(web.nics.size() == 2);
  CHECK(web.nics[0].device == "web0");
  CHECK(web.nics[1].device == "web1");
  for (const auto& value : web.nics[1].counters) CHECK(value.has_value());
  REQUIRE(web.disks.size() == 3);
  CHECK(web.disks[1].device == "vdb");
  CHECK(web.disks[1].counters[DiskCounter::kRdReqs].has_value());
  CHECK(web.disks[1].counters[DiskCounter::kRdBytes].has_value());
  CHECK(web.disks[1].counters[DiskCounter::kWrReqs].has_value());
  CHECK(web.disks[1].counters[DiskCounter::kWrBytes].has_value());
  for (const auto& value : web.disks[1].gauges) CHECK(value.has_value());
}

TEST_CASE_METHOD(StatsReaderFixture,
                 "an empty drive of a driver without bulk is listed without counters and is no problem") {
  Open();
  REQUIRE(Read().has_value());
  const auto& drive = Vm("web 01").disks[2];
  CHECK(drive.device == "sda");
  CHECK(drive.counters == EnumArray<DiskCounter, Counter>{});
  CHECK(drive.gauges == EnumArray<DiskGauge, Counter>{});
}

TEST_CASE_METHOD(StatsReaderFixture,
                 "a VM without a balloon has its memory's size and no value that only the guest knows") {
  Open();
  REQUIRE(Read().has_value());
  const auto& db = Vm("db:main");
  CHECK(db.memory[MemoryValue::kCurrentBytes] == 2048ULL << 20);
  CHECK_FALSE(db.memory[MemoryValue::kAvailableBytes].has_value());
  CHECK_FALSE(db.memory_updated_s.has_value());
}

TEST_CASE_METHOD(StatsReaderFixture, "whoever samples reads no XML") {
  Open();
  const int before = hooks.xml_reads;
  for (int i = 0; i < 3; ++i) REQUIRE(Read().has_value());
  CHECK(hooks.xml_reads == before);
}

TEST_CASE_METHOD(StatsReaderFixture, "of a VM whose devices are not known everything else is read") {
  Open();
  query.devices = std::make_shared<DeviceTable>();
  REQUIRE(Read().has_value());
  CHECK(result.problems.empty());
  CHECK(result.stale_devices.empty());
  CHECK(Vm("web 01").nics.empty());
  CHECK(Vm("web 01").disks.empty());
  CHECK(Vm("web 01").vcpu_stats.size() == 2);
}

TEST_CASE_METHOD(StatsReaderFixture, "a device that fails is named and stays absent, and its VM's devices are stale") {
  Open();
  REQUIRE(Read().has_value());
  CHECK(result.stale_devices.empty());
  hooks.fail_nics = true;
  REQUIRE(Read().has_value());
  CHECK(result.problems.size() == 3);
  CHECK(result.problems[0].message.find("'db:main', device db0") != std::string::npos);
  CHECK_FALSE(Vm("web 01").nics.at(0).counters[NicCounter::kRxBytes].has_value());
  CHECK(Vm("web 01").disks.at(0).counters[DiskCounter::kRdReqs].has_value());
  CHECK(result.stale_devices == std::vector{Vm("db:main").uuid, Vm("web 01").uuid});
  hooks.fail_nics = false;
  REQUIRE(Read().has_value());
  CHECK(result.problems.empty());
  CHECK(result.stale_devices.empty());
}

TEST_CASE_METHOD(StatsReaderFixture, "a connection that is found dead when a single call failed is lost") {
  Open();
  hooks.fail_nics = true;
  hooks.alive = false;
  CHECK(Read().error().code == ErrorCode::kUnreachable);
}

TEST_CASE_METHOD(StatsReaderFixture,
                 "a device whose counters could not be read is marked, a device without any is not") {
  Open();
  hooks.fail_nics = true;
  REQUIRE(Read().has_value());
  CHECK(Vm("web 01").nics.at(0).failed);
  CHECK_FALSE(Vm("web 01").disks.at(0).failed);
  hooks.fail_nics = false;
  hooks.fail_disks = true;
  REQUIRE(Read().has_value());
  CHECK_FALSE(Vm("web 01").nics.at(0).failed);
  CHECK(Vm("web 01").disks.at(0).failed);
  CHECK_FALSE(Vm("web 01").disks.at(2).failed);  // an empty drive
}

TEST_CASE_METHOD(StatsReaderFixture,
                 "a paused VM is read as paused; vCPUs that are not plugged are only in the maximum") {
  Open();
  REQUIRE(Read().has_value());
  CHECK(Vm("paused").state == VIR_DOMAIN_PAUSED);
  CHECK(Vm("db:main").vcpus == 3U);
  CHECK(Vm("db:main").vcpus_max == 4U);
}

TEST_CASE_METHOD(StatsReaderFixture, "only the groups that are asked for are read") {
  Open();
  const auto group = GENERATE(kGroupState, kGroupCpu, kGroupBalloon, kGroupVcpu, kGroupInterface, kGroupBlock);
  CAPTURE(group);
  REQUIRE(Read(group).has_value());
  const auto& web = Vm("web 01");
  CHECK(web.state.has_value() == (group == kGroupState));
  CHECK(web.cpu[CpuCounter::kTimeNs].has_value() == (group == kGroupCpu));
  CHECK(web.memory[MemoryValue::kCurrentBytes].has_value() == (group == kGroupBalloon));
  CHECK(web.vcpus.has_value() == (group == kGroupVcpu));
  CHECK(web.nics.empty() == (group != kGroupInterface));
  CHECK(web.disks.empty() == (group != kGroupBlock));
}

TEST_CASE_METHOD(StatsReaderFixture, "an answer holds nothing of the one before") {
  Open();
  REQUIRE(Read().has_value());
  domains.resize(1);
  result.problems.push_back({});
  REQUIRE(Read(kGroupState).has_value());
  REQUIRE(result.domains.size() == 1);
  CHECK(result.domains[0].nics.empty());
  CHECK_FALSE(result.domains[0].vcpus.has_value());
  CHECK(result.problems.empty());
}

}  // namespace
}  // namespace vmtelem

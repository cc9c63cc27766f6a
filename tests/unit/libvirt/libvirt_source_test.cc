#include "libvirt/libvirt_source.h"

#include <algorithm>
#include <atomic>

#include <catch2/catch.hpp>

#include "fakes/eventually.h"
#include "libvirt/api/handles.h"
#include "source_fixture.h"

namespace vmtelem {
namespace {

std::vector<std::string> NamesOf(const std::vector<DomainInfo>& list) {
  std::vector<std::string> names;
  names.reserve(list.size());
  for (const auto& domain : list) names.push_back(domain.name);
  return names;
}

TEST_CASE_METHOD(SourceFixture, "the built-in test hypervisor gives CPU, memory, NIC and disk numbers") {
  const auto source = Make("test:///default");
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(snapshot.up);
  REQUIRE(snapshot.domains.size() == 1);
  const auto& vm = snapshot.domains[0];
  CHECK(vm.name == "test");
  CHECK(vm.cpu[CpuCounter::kTimeNs].has_value());
  CHECK(vm.memory[MemoryValue::kRssBytes].has_value());
  REQUIRE(vm.nics.size() == 1);
  CHECK(vm.nics[0].counters[NicCounter::kRxBytes].has_value());
  REQUIRE(vm.disks.size() == 1);
  CHECK(vm.disks[0].counters[DiskCounter::kWrBytes].has_value());
  CHECK_FALSE(vm.monitor_ok.has_value());
  CHECK(snapshot.problems.empty());
}

TEST_CASE_METHOD(SourceFixture, "each attempt to collect has its number, and failures are counted") {
  const auto source = Make(kNodeUri);
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(snapshot.cycle == 1);
  LoseDaemon();
  CHECK_FALSE(source->Collect(snapshot).has_value());
  CHECK(snapshot.cycle == 2);
  CHECK(snapshot.polls == 2);
  CHECK(snapshot.poll_errors == 1);
}

TEST_CASE_METHOD(SourceFixture, "a snapshot says when it was taken, how long it took and on how many lanes") {
  const auto source = Make(kNodeUri);
  const auto before = clock.Now();
  REQUIRE(source->Collect(snapshot).has_value());
  const auto after = clock.Now();
  CHECK(snapshot.stamp.wall_ns >= before.wall_ns);
  for (const auto& vm : snapshot.domains) {
    CHECK(vm.stamp.steady >= snapshot.stamp.steady);
    CHECK(vm.stamp.steady <= after.steady);
    CHECK(vm.stamp.wall_ns <= after.wall_ns);
  }
  CHECK(snapshot.poll_latency > Nanoseconds(0));
  CHECK(snapshot.lanes == 1);
  CHECK(snapshot.lanes_parked == 0);
}

TEST_CASE_METHOD(SourceFixture, "the call time and the call floor of a VM that was read late are known") {
  std::atomic<bool> is_late{false};
  hooks.before = [&](const LibvirtHooks::Call& call) {
    if (call.function == LibvirtHooks::Function::kInfo && is_late) clock.Advance(std::chrono::milliseconds(200));
    return true;
  };
  const auto source = Make("test:///default");
  REQUIRE(source->Collect(snapshot).has_value());
  is_late = true;
  REQUIRE(source->Collect(snapshot).has_value());
  const auto& vm = snapshot.domains.at(0);
  CHECK(vm.call_took >= std::chrono::milliseconds(200));
  CHECK(vm.call_floor > Nanoseconds(0));
  CHECK(vm.call_floor < vm.call_took);
}

TEST_CASE_METHOD(SourceFixture, "only VMs that match are collected and listed") {
  options.filter = {{"*"}, {"db*", "22222222-0000-4000-8000-000000000004"}};
  const auto source = Make(kNodeUri);
  REQUIRE(source->Collect(snapshot).has_value());
  REQUIRE(snapshot.domains.size() == 1);
  CHECK(snapshot.domains[0].name == "web 01");
  CHECK(NamesOf(*source->List(ListScope::kAll)) == std::vector<std::string>{"büro-vm", "web 01"});
}

TEST_CASE_METHOD(SourceFixture, "a filter that matches nothing is an empty answer") {
  options.filter = {{"nobody"}, {}};
  const auto source = Make(kNodeUri);
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(snapshot.up);
  CHECK(snapshot.domains.empty());
}

TEST_CASE_METHOD(SourceFixture, "the list of active VMs is ordered by name") {
  const auto list = Make(kNodeUri)->List(ListScope::kActive);
  CHECK(NamesOf(*list) == std::vector<std::string>{"db:main", "paused", "web 01"});
}

TEST_CASE_METHOD(SourceFixture, "a VM that is shut off has no id, no memory in use and no CPU time") {
  const auto list = Make(kNodeUri)->List(ListScope::kAll);
  REQUIRE(list->size() == 4);
  const auto& off = list->at(0);
  CHECK(off.name == "büro-vm");
  CHECK(off.uuid == "22222222-0000-4000-8000-000000000003");
  CHECK(off.state == VIR_DOMAIN_SHUTOFF);
  CHECK_FALSE((off.id || off.memory_bytes || off.cpu_time_ns));
  CHECK(off.vcpus == 1U);
  CHECK(off.memory_max_bytes == 512U << 20);
  const auto& web = list->at(3);
  CHECK(web.id.has_value());
  CHECK(web.memory_bytes == 512U << 20);
  CHECK(web.cpu_time_ns.has_value());
}

TEST_CASE_METHOD(SourceFixture, "the name that was given is the host of snapshots and lists") {
  given_name = "rack7";
  const auto source = Make(kNodeUri);
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(snapshot.host == "rack7");
  CHECK(source->List(ListScope::kActive)->at(0).host == "rack7");
}

TEST_CASE_METHOD(SourceFixture, "a VM that was stopped and started is another incarnation with another id") {
  const ConnectHandle admin(virConnectOpen("test:///default"));
  const auto source = Make("test:///default");
  REQUIRE(source->Collect(snapshot).has_value());
  const auto before = snapshot.domains.at(0);
  const DomainHandle vm(virDomainLookupByName(admin.get(), "test"));
  REQUIRE(virDomainDestroy(vm.get()) == 0);
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(snapshot.domains.empty());
  CHECK(snapshot.problems.empty());
  REQUIRE(virDomainCreate(vm.get()) == 0);
  REQUIRE(Eventually([&] { return source->Collect(snapshot).has_value() && snapshot.domains.size() == 1; }));
  CHECK(snapshot.domains.at(0).domain_id != before.domain_id);
  CHECK(snapshot.domains.at(0).incarnation != before.incarnation);
}

TEST_CASE("the version of libvirt has three numbers") {
  const std::string version = LibvirtVersion();
  CHECK(std::count(version.begin(), version.end(), '.') == 2);
}

}  // namespace
}  // namespace vmtelem

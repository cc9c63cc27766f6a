#include "discovery_fixture.h"
#include "fake_peer.h"
#include "libvirt/api/domain_events.h"

// How a source learns which VMs run, and which devices they have.
namespace vmtelem {
namespace {

TEST_CASE_METHOD(DiscoveryFixture, "VMs are listed once and not in every cycle") {
  const auto source = Make(kNodeUri);
  const int lists = Settle(*source);
  for (int i = 0; i < 5; ++i) REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Calls(Function::kList) == lists);
}

TEST_CASE_METHOD(DiscoveryFixture, "VMs are listed again within a minute, whatever events reported") {
  const auto source = Make(kNodeUri);
  const int lists = Settle(*source);
  clock.Advance(std::chrono::seconds(29));
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Calls(Function::kList) == lists);
  clock.Advance(std::chrono::seconds(32));
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Eventually([&] { return Calls(Function::kList) == lists + 1; }));
}

TEST_CASE_METHOD(DiscoveryFixture, "from then on VMs are listed each minute") {
  const auto source = Make(kNodeUri);
  const int lists = Settle(*source);
  clock.Advance(std::chrono::seconds(61));
  REQUIRE(Eventually([&] { return source->Collect(snapshot).has_value() && Calls(Function::kList) == lists + 1; }));
  clock.Advance(std::chrono::seconds(59));
  REQUIRE(source->Collect(snapshot).has_value());
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Calls(Function::kList) == lists + 1);
}

TEST_CASE_METHOD(DiscoveryFixture, "no VM is ever looked up") {
  const auto source = Make(kNodeUri);
  Settle(*source);
  for (int i = 0; i < 5; ++i) REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Calls(Function::kLookUp) == 0);
}

TEST_CASE_METHOD(DiscoveryFixture, "XML is read by the control lane alone, and not in every cycle") {
  const auto source = Make(kNodeUri);
  for (int i = 0; i < 5; ++i) REQUIRE(source->Collect(snapshot).has_value());
  CHECK(hooks.xml_reads == 3);
  CHECK(Threads(Function::kXml).size() == 1);
  for (const auto& thread : Threads(Function::kXml)) CHECK_FALSE(Threads(Function::kBulk).contains(thread));
  CHECK(Vm("web 01").nics.size() == 2);
}

TEST_CASE_METHOD(DiscoveryFixture, "XML is not read where no group is about devices") {
  options.groups = kGroupState | kGroupCpu | kGroupBalloon | kGroupVcpu;
  const auto source = Make(kNodeUri);
  for (int i = 0; i < 3; ++i) REQUIRE(source->Collect(snapshot).has_value());
  CHECK(hooks.xml_reads == 0);
}

TEST_CASE_METHOD(DiscoveryFixture, "XML is not read where the bulk statistics name the devices") {
  hooks.type = "QEMU";
  const auto source = Make(kNodeUri);
  for (int i = 0; i < 3; ++i) REQUIRE(source->Collect(snapshot).has_value());
  CHECK(hooks.xml_reads == 0);
}

TEST_CASE_METHOD(DiscoveryFixture, "XML is read again when its time to live is over") {
  options.device_cache_ttl = std::chrono::seconds(30);
  const auto source = Make(kNodeUri);
  REQUIRE(source->Collect(snapshot).has_value());
  clock.Advance(std::chrono::seconds(22));
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(hooks.xml_reads == 3);
  clock.Advance(std::chrono::seconds(9));
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Eventually([this] { return hooks.xml_reads == 6; }));
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(hooks.xml_reads == 6);
}

TEST_CASE_METHOD(DiscoveryFixture, "the XML of a VM is read again when a device of it failed") {
  const auto source = Make(kNodeUri);
  REQUIRE(source->Collect(snapshot).has_value());
  hooks.fail_nics = true;
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Vm("web 01").nics.at(0).failed);
  hooks.fail_nics = false;
  CHECK(Eventually([this] { return hooks.xml_reads == 3 + 2; }));  // of the two VMs with NICs
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(snapshot.problems.empty());
  CHECK_FALSE(Vm("web 01").nics.at(0).failed);
}

TEST_CASE_METHOD(DefaultFixture, "a VM that starts is in the next cycle, and a VM that stops is not") {
  const auto source = Make("test:///default");
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Names() == Strings{"test"});
  const auto vm = Define("another");
  REQUIRE(virDomainCreate(vm.get()) == 0);
  CHECK(Eventually([&] { return source->Collect(snapshot).has_value() && Names() == Strings{"another", "test"}; }));
  REQUIRE(virDomainDestroy(vm.get()) == 0);
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Names() == Strings{"test"});
  CHECK(snapshot.problems.empty());
  REQUIRE(virDomainUndefine(vm.get()) == 0);
}

TEST_CASE_METHOD(DefaultFixture, "VMs that start and stop are not listed on any connection") {
  hooks.type = "QEMU";  // whose devices need no XML
  const auto source = Make("test:///default");
  const int lists = Settle(*source);
  const auto vm = Define("another");
  for (int i = 0; i < 3; ++i) {
    REQUIRE(virDomainCreate(vm.get()) == 0);
    CHECK(Eventually([&] { return source->Collect(snapshot).has_value() && snapshot.domains.size() == 2; }));
    REQUIRE(virDomainDestroy(vm.get()) == 0);
    CHECK(Eventually([&] { return source->Collect(snapshot).has_value() && snapshot.domains.size() == 1; }));
  }
  CHECK(Calls(Function::kList) == lists);
  REQUIRE(virDomainUndefine(vm.get()) == 0);
}

TEST_CASE_METHOD(DefaultFixture, "the devices of a VM that starts are known soon") {
  const auto source = Make("test:///default");
  REQUIRE(source->Collect(snapshot).has_value());
  const auto vm = Define("another");
  REQUIRE(virDomainCreate(vm.get()) == 0);
  CHECK(Eventually([&] {
    return source->Collect(snapshot).has_value() && snapshot.domains.size() == 2 && Vm("another").nics.size() == 1;
  }));
  CHECK(Vm("another").nics.at(0).counters[NicCounter::kRxBytes].has_value());
  CHECK(snapshot.problems.empty());
  REQUIRE(virDomainDestroy(vm.get()) == 0);
  REQUIRE(virDomainUndefine(vm.get()) == 0);
}

TEST_CASE_METHOD(DefaultFixture, "a VM that does not match is not collected when it starts") {
  options.filter = {{"te*"}, {}};
  const auto source = Make("test:///default");
  REQUIRE(source->Collect(snapshot).has_value());
  const auto vm = Define("another");
  const auto witness = Define("test 2");
  REQUIRE(virDomainCreate(vm.get()) == 0);
  REQUIRE(virDomainCreate(witness.get()) == 0);
  CHECK(Eventually([&] { return source->Collect(snapshot).has_value() && snapshot.domains.size() == 2; }));
  CHECK(Names() == Strings{"test", "test 2"});
  for (virDomainPtr started : {vm.get(), witness.get()}) {
    REQUIRE(virDomainDestroy(started) == 0);
    REQUIRE(virDomainUndefine(started) == 0);
  }
}

TEST_CASE_METHOD(DefaultFixture, "the XML of a VM is read again when devices of it changed, or may have") {
  FakePeer peer;
  const auto source = Make("test:///default");
  REQUIRE(source->Collect(snapshot).has_value());
  const DomainHandle vm(virDomainLookupByName(admin.get(), "test"));
  const int before = hooks.xml_reads;
  SECTION("told") {
    using DeviceFunction = void (*)(virConnectPtr, virDomainPtr, const char*, void*);
    peer.Send<DeviceFunction>(VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, vm.get(), "net1");
  }
  SECTION("forgotten") {
    using Lifecycle = int (*)(virConnectPtr, virDomainPtr, int, int, void*);
    for (std::size_t i = 0; i <= EventInbox::kCapacity; ++i) {
      peer.Send<Lifecycle>(VIR_DOMAIN_EVENT_ID_LIFECYCLE, vm.get(), VIR_DOMAIN_EVENT_RESUMED, 0);
    }
  }
  CHECK(Eventually([&] { return source->Collect(snapshot).has_value() && hooks.xml_reads > before; }));
  for (int i = 0; i < 3; ++i) REQUIRE(source->Collect(snapshot).has_value());
  CHECK(hooks.xml_reads == before + 1);
}

// Drivers without bulk statistics know the id of a run by the domain pointer alone.
TEST_CASE_METHOD(DefaultFixture, "without bulk statistics a VM that is started anew is another incarnation too") {
  hooks.bulk = [](const auto&) -> LibvirtHooks::BulkAnswer {
    LibvirtHooks::FailWith(VIR_ERR_NO_SUPPORT, VIR_FROM_LXC);
    return std::nullopt;
  };
  const auto source = Make("test:///default");
  for (int i = 0; i < 3; ++i) REQUIRE(source->Collect(snapshot).has_value());  // on each lane
  const auto before = Vm("test");
  const DomainHandle vm(virDomainLookupByName(admin.get(), "test"));
  REQUIRE(virDomainDestroy(vm.get()) == 0);
  REQUIRE(virDomainCreate(vm.get()) == 0);
  const auto id = static_cast<std::int64_t>(virDomainGetID(vm.get()));
  // The event reaches one connection after the other.
  int in_a_row = 0;
  CHECK(Eventually([&] {
    const bool known = source->Collect(snapshot).has_value() && snapshot.domains.size() == 1 &&
                       Vm("test").domain_id == id && Vm("test").nics.size() == 1;
    in_a_row = known ? in_a_row + 1 : 0;
    return in_a_row == 10;
  }));
  for (int i = 0; i < 3; ++i) {
    REQUIRE(source->Collect(snapshot).has_value());
    CHECK(Vm("test").domain_id == id);
    CHECK(Vm("test").nics.size() == 1);
  }
  CHECK(Vm("test").incarnation != before.incarnation);
}

}  // namespace
}  // namespace vmtelem

#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <catch2/catch.hpp>

#include "fake_peer.h"
#include "fakes/eventually.h"
#include "gate.h"
#include "libvirt/domain_events.h"
#include "libvirt/handles.h"
#include "source_fixture.h"

// How a source learns which VMs run, and which devices they have.
namespace vmtelem {
namespace {

using Function = LibvirtHooks::Function;

// Counts calls, and knows their threads, on the real test driver.
struct DiscoveryFixture : SourceFixture {
  struct Log {
    std::mutex mutex;
    std::map<Function, std::set<std::thread::id>> threads;
    std::map<Function, int> calls;
  };
  Log log;

  DiscoveryFixture() {
    hooks.before = [this](const LibvirtHooks::Call& call) {
      const std::lock_guard guard(log.mutex);
      log.threads[call.function].insert(std::this_thread::get_id());
      ++log.calls[call.function];
      return true;
    };
  }
  int Calls(Function function) {
    const std::lock_guard guard(log.mutex);
    return log.calls[function];
  }
  std::set<std::thread::id> Threads(Function function) {
    const std::lock_guard guard(log.mutex);
    return log.threads[function];
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& vm : snapshot.domains) names.push_back(vm.name);
    std::sort(names.begin(), names.end());
    return names;
  }
  const DomainStats& Vm(const std::string& name) const {
    const auto found =
        std::find_if(snapshot.domains.begin(), snapshot.domains.end(), [&](const auto& vm) { return vm.name == name; });
    REQUIRE(found != snapshot.domains.end());
    return *found;
  }
};

TEST_CASE_METHOD(DiscoveryFixture, "VMs are listed once and not in every cycle") {
  const auto source = Make(kNodeUri);
  for (int i = 0; i < 5; ++i) REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Calls(Function::kList) == 1);
}

TEST_CASE_METHOD(DiscoveryFixture, "VMs are listed again after a minute, whatever events told") {
  const auto source = Make(kNodeUri);
  REQUIRE(source->Collect(snapshot).has_value());
  clock.Advance(std::chrono::seconds(59));
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Calls(Function::kList) == 1);
  clock.Advance(std::chrono::seconds(2));
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Eventually([this] { return Calls(Function::kList) == 2; }));
}

TEST_CASE_METHOD(DiscoveryFixture, "a VM is looked up once on each connection and not in every cycle") {
  const auto source = Make(kNodeUri);
  for (int i = 0; i < 3; ++i) REQUIRE(source->Collect(snapshot).has_value());
  const int lookups = Calls(Function::kLookUp);
  CHECK(lookups == 3 * hooks.opens);
  for (int i = 0; i < 5; ++i) REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Calls(Function::kLookUp) == lookups);
  CHECK(hooks.opens == 1 + 1 + 2);  // the control connection, a lane's, and the spare ones'
}

TEST_CASE_METHOD(DiscoveryFixture, "XML is read by the control lane alone, and not in every cycle") {
  const auto source = Make(kNodeUri);
  for (int i = 0; i < 5; ++i) REQUIRE(source->Collect(snapshot).has_value());
  CHECK(hooks.xml_reads == 3);
  CHECK(Threads(Function::kXml) == Threads(Function::kList));
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
  clock.Advance(std::chrono::seconds(29));
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(hooks.xml_reads == 3);
  clock.Advance(std::chrono::seconds(2));
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

struct DefaultFixture : DiscoveryFixture {
  ConnectHandle admin{virConnectOpen("test:///default")};

  DomainHandle Define(const std::string& name) {
    const std::string xml = "<domain type='test'><name>" + name +
                            "</name><memory>1024</memory><os><type>hvm</type></os><devices><interface type='network'>"
                            "<source network='default'/></interface></devices></domain>";
    return DomainHandle(virDomainDefineXML(admin.get(), xml.c_str()));
  }
  using Strings = std::vector<std::string>;
};

TEST_CASE_METHOD(DefaultFixture, "a VM that starts is in the next cycle, and one that stops is not") {
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
  CHECK(Calls(Function::kList) == 1);
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

// The second list of VMs is held up after it was made.
struct ListingFixture : DefaultFixture {
  Gate gate;
  std::atomic<int> listed{0};
  FakePeer peer;
  std::unique_ptr<Source> source;

  ListingFixture() {
    hooks.listed = [this] {
      if (++listed == 2) gate.Pass();
    };
    source = Make("test:///default");
    REQUIRE(source->Collect(snapshot).has_value());
    clock.Advance(std::chrono::seconds(61));
    REQUIRE(source->Collect(snapshot).has_value());
    REQUIRE(gate.AwaitArrivals(1));
  }
  ~ListingFixture() {
    gate.Open();
    Eventually([this] { return source->Close() == 0; });
  }
  void Tell(virDomainPtr vm, int event) {
    peer.Send<int (*)(virConnectPtr, virDomainPtr, int, int, void*)>(VIR_DOMAIN_EVENT_ID_LIFECYCLE, vm, event, 0);
  }
};

TEST_CASE_METHOD(ListingFixture, "what events told while VMs were listed holds against the list") {
  const auto vm = Define("another");
  REQUIRE(virDomainCreate(vm.get()) == 0);
  Tell(vm.get(), VIR_DOMAIN_EVENT_STARTED);
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(Names() == Strings{"another", "test"});
  gate.Open();
  clock.Advance(std::chrono::seconds(1));
  CHECK(Eventually([&] {
    const bool complete = source->Collect(snapshot).has_value() && snapshot.domains.size() == 2;
    clock.Advance(std::chrono::seconds(61));
    return !complete || listed == 3;
  }));
  CHECK(Names() == Strings{"another", "test"});
  REQUIRE(virDomainDestroy(vm.get()) == 0);
  REQUIRE(virDomainUndefine(vm.get()) == 0);
}

TEST_CASE_METHOD(ListingFixture, "a list is made again when events were forgotten while it was made") {
  const DomainHandle vm(virDomainLookupByName(admin.get(), "test"));
  for (std::size_t i = 0; i <= EventInbox::kCapacity; ++i) Tell(vm.get(), VIR_DOMAIN_EVENT_RESUMED);
  REQUIRE(source->Collect(snapshot).has_value());
  gate.Open();
  CHECK(Eventually([&] { return source->Collect(snapshot).has_value() && listed == 3; }));
}

TEST_CASE_METHOD(ListingFixture, "a list that is not answered in time is given up and made on another connection") {
  const int opens = hooks.opens;
  clock.Advance(options.timeout);
  CHECK(Eventually([&] { return source->Collect(snapshot).has_value() && listed == 3; }));
  CHECK(hooks.opens > opens);
  CHECK(Names() == Strings{"test"});
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

// Drivers without bulk statistics tell the id of a run by the domain pointer alone.
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
  CHECK(Eventually([&] { return source->Collect(snapshot).has_value() && Vm("test").domain_id == id; }));
  CHECK(Eventually([&] { return source->Collect(snapshot).has_value() && Vm("test").nics.size() == 1; }));
  for (int i = 0; i < 3; ++i) {
    REQUIRE(source->Collect(snapshot).has_value());
    CHECK(Vm("test").domain_id == id);
    CHECK(Vm("test").nics.size() == 1);
  }
  CHECK(Vm("test").incarnation != before.incarnation);
}

}  // namespace
}  // namespace vmtelem

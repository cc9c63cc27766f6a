#include <atomic>
#include <memory>

#include "discovery_fixture.h"
#include "fake_peer.h"
#include "gate.h"
#include "libvirt/api/domain_events.h"

// A list of the VMs that takes its time.
namespace vmtelem {
namespace {

// The second list of VMs is held up after it was made.
struct ListingFixture : DefaultFixture {
  Gate gate;
  std::atomic<int> listed{0};
  FakePeer peer;
  std::unique_ptr<Source> source;

  ListingFixture() {
    hooks.listed = [this](virConnectPtr connect) {
      if (peer.Watches(connect) && ++listed == 2) gate.Pass();
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

TEST_CASE_METHOD(ListingFixture, "events that came while VMs were listed hold against the list") {
  const auto vm = Define("another");
  REQUIRE(virDomainCreate(vm.get()) == 0);
  Tell(vm.get(), VIR_DOMAIN_EVENT_STARTED);
  CHECK(Eventually([&] { return source->Collect(snapshot).has_value() && Names() == Strings{"another", "test"}; }));
  gate.Open();
  clock.Advance(std::chrono::seconds(1));
  CHECK(Eventually([&] {
    const bool complete = source->Collect(snapshot).has_value() && snapshot.domains.size() == 2;
    clock.Advance(std::chrono::seconds(61));
    return !complete || listed >= 3;
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

}  // namespace
}  // namespace vmtelem

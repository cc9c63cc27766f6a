#include "libvirt/api/domain_events.h"

#include <thread>

#include <catch2/catch.hpp>
#include <libvirt/virterror.h>

#include "fakes/eventually.h"
#include "libvirt/api/domain_identity.h"
#include "libvirt/api/event_loop.h"
#include "libvirt/api/handles.h"
#include "unit/libvirt/fake_peer.h"

namespace vmtelem {
namespace {

using Kind = DomainEvent::Kind;

DomainEvent Numbered(int number) { return {Kind::kActive, std::to_string(number), "vm", number}; }

TEST_CASE("an inbox gives its events once, in the order they came") {
  EventInbox inbox;
  inbox.Push(Numbered(1));
  inbox.Push(Numbered(2));
  const auto events = inbox.Take();
  REQUIRE(events->size() == 2);
  CHECK(events->front().uuid == "1");
  CHECK(inbox.Take()->empty());
}

TEST_CASE("an inbox holds as many events as it promises") {
  EventInbox inbox;
  for (std::size_t i = 0; i < EventInbox::kCapacity; ++i) inbox.Push(Numbered(1));
  CHECK(inbox.Take()->size() == EventInbox::kCapacity);
}

TEST_CASE("an inbox that overflows says so once, and goes on with what comes after") {
  EventInbox inbox;
  for (std::size_t i = 0; i < EventInbox::kCapacity + 2; ++i) inbox.Push(Numbered(1));
  CHECK_FALSE(inbox.Take().has_value());
  CHECK(inbox.Take()->empty());
  inbox.Push(Numbered(3));
  CHECK(inbox.Take()->size() == 1);
}

TEST_CASE("an inbox remembers that its connection was closed") {
  EventInbox inbox;
  CHECK_FALSE(inbox.closed());
  inbox.NoteClosed();
  CHECK(inbox.closed());
  CHECK(inbox.Take()->empty());
}

TEST_CASE("no event is lost between a thread that pushes and one that takes") {
  constexpr int kEvents = 20'000;
  EventInbox inbox;
  std::thread loop([&] {
    for (int i = 0; i < kEvents; ++i) inbox.Push(Numbered(i));
    inbox.NoteClosed();
  });
  int expected = 0;
  bool in_order = true;
  for (bool last = false; !last;) {
    last = inbox.closed();
    const auto events = inbox.Take().value();
    for (const auto& event : events) in_order = event.id == expected++ && in_order;
  }
  loop.join();
  CHECK(in_order);
  CHECK(expected == kEvents);
}

std::vector<Kind> KindsOf(const std::vector<DomainEvent>& events) {
  std::vector<Kind> kinds;
  kinds.reserve(events.size());
  for (const auto& event : events) kinds.push_back(event.kind);
  return kinds;
}

// test:///default and its one VM, which all connections of the process share. Running before and after each test.
struct Fixture {
  std::shared_ptr<EventLoop> loop = EventLoop::Share().value();
  ConnectHandle connect = Open();
  DomainHandle domain{virDomainLookupByName(connect.get(), "test")};
  std::shared_ptr<EventInbox> inbox = std::make_shared<EventInbox>();
  std::vector<DomainEvent> events;

  static ConnectHandle Open() {
    virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
    return ConnectHandle(virConnectOpen("test:///default"));
  }
  std::vector<Kind> Await(std::size_t count) {
    Eventually([&] {
      const auto more = inbox->Take().value();
      events.insert(events.end(), more.begin(), more.end());
      return events.size() >= count;
    });
    return KindsOf(events);
  }
  void Restart() {
    REQUIRE(virDomainDestroy(domain.get()) == 0);
    REQUIRE(virDomainCreate(domain.get()) == 0);
  }
  void PauseAndResume() {
    REQUIRE(virDomainSuspend(domain.get()) == 0);
    REQUIRE(virDomainResume(domain.get()) == 0);
  }
};

TEST_CASE_METHOD(Fixture, "the events of a VM that stops and starts say so, and that its devices may have changed") {
  const Subscription subscription(connect.get(), inbox);
  CHECK(subscription.has_lifecycle());
  Restart();
  CHECK(Await(3) == std::vector{Kind::kInactive, Kind::kActive, Kind::kDevicesChanged});
}

TEST_CASE_METHOD(Fixture, "an event names the VM and its present run") {
  const Subscription subscription(connect.get(), inbox);
  Restart();
  REQUIRE(Await(3).size() == 3);
  const DomainHandle restarted(virDomainLookupByName(connect.get(), "test"));
  CHECK(events[1].uuid == UuidOf(restarted.get()));
  CHECK(events[1].name == "test");
  CHECK(events[1].id.has_value());
  CHECK(events[1].id == IdOf(restarted.get()));
}

TEST_CASE_METHOD(Fixture, "a VM that is paused and resumed runs all the time, with the devices it had") {
  const Subscription subscription(connect.get(), inbox);
  PauseAndResume();
  CHECK(Await(2) == std::vector{Kind::kActive, Kind::kActive});
}

TEST_CASE_METHOD(Fixture, "events report what another connection does to a VM") {
  const ConnectHandle other = Open();
  const Subscription subscription(other.get(), inbox);
  PauseAndResume();
  CHECK(Await(2).size() == 2);
}

TEST_CASE_METHOD(Fixture, "a VM that is defined or undefined does not run for it") {
  const Subscription subscription(connect.get(), inbox);
  const char* xml = "<domain type='test'><name>new</name><memory>1024</memory><os><type>hvm</type></os></domain>";
  const DomainHandle defined(virDomainDefineXML(connect.get(), xml));
  REQUIRE(defined != nullptr);
  REQUIRE(virDomainUndefine(defined.get()) == 0);
  PauseAndResume();
  Await(2);
  CHECK(events.front().name == "test");
}

TEST_CASE_METHOD(Fixture, "no event comes when the subscription has gone, and its inbox is let go") {
  { const Subscription subscription(connect.get(), inbox); }
  const auto witness = std::make_shared<EventInbox>();
  const Subscription other(connect.get(), witness);
  PauseAndResume();
  REQUIRE(Eventually([&] { return !witness->Take()->empty(); }));
  CHECK(inbox->Take()->empty());
  CHECK(inbox.use_count() == 1);
}

TEST_CASE_METHOD(Fixture, "a subscription that has gone does not keep its connection open") {
  virConnectPtr other = Open().release();
  { const Subscription subscription(other, inbox); }
  CHECK(virConnectClose(other) == 0);
}

TEST_CASE_METHOD(Fixture, "a driver without events is gone along with") {
  FakePeer peer;
  peer.has_events = false;
  const Subscription subscription(connect.get(), inbox);
  CHECK_FALSE(subscription.has_lifecycle());
}

TEST_CASE_METHOD(Fixture, "every lifecycle event says what it means for the run of the VM") {
  FakePeer peer;
  const Subscription subscription(connect.get(), inbox);
  const auto kinds_at = [&](int event) {
    peer.Send<int (*)(virConnectPtr, virDomainPtr, int, int, void*)>(VIR_DOMAIN_EVENT_ID_LIFECYCLE, domain.get(), event,
                                                                     0);
    return KindsOf(inbox->Take().value());
  };
  CHECK(kinds_at(VIR_DOMAIN_EVENT_STARTED) == std::vector{Kind::kActive, Kind::kDevicesChanged});
  CHECK(kinds_at(VIR_DOMAIN_EVENT_STOPPED) == std::vector{Kind::kInactive});
  for (const int event :
       {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_PMSUSPENDED, VIR_DOMAIN_EVENT_CRASHED}) {
    CHECK(kinds_at(event) == std::vector{Kind::kActive});
  }
  for (const int event : {VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_SHUTDOWN}) {
    CHECK(kinds_at(event).empty());
  }
}

TEST_CASE_METHOD(Fixture, "a device or medium that comes or goes changes the devices of its VM") {
  using DeviceFunction = void (*)(virConnectPtr, virDomainPtr, const char*, void*);
  using DiskFunction = void (*)(virConnectPtr, virDomainPtr, const char*, const char*, const char*, int, void*);
  using TrayFunction = void (*)(virConnectPtr, virDomainPtr, const char*, int, void*);
  FakePeer peer;
  const Subscription subscription(connect.get(), inbox);
  peer.Send<DeviceFunction>(VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, domain.get(), "net1");
  peer.Send<DeviceFunction>(VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, domain.get(), "net1");
  peer.Send<DiskFunction>(VIR_DOMAIN_EVENT_ID_DISK_CHANGE, domain.get(), "a.iso", nullptr, "sata0", 0);
  peer.Send<TrayFunction>(VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, domain.get(), "sata0", 0);
  CHECK(Await(4) == std::vector(4, Kind::kDevicesChanged));
  CHECK(events.back().uuid == UuidOf(domain.get()));
}

TEST_CASE_METHOD(Fixture, "the end of a connection shows in the inbox") {
  FakePeer peer;
  const Subscription subscription(connect.get(), inbox);
  REQUIRE(peer.close.function != nullptr);
  peer.Close(connect.get(), VIR_CONNECT_CLOSE_REASON_EOF);
  CHECK(inbox->closed());
}

TEST_CASE_METHOD(Fixture, "a peer that does not answer is given up after twenty seconds") {
  FakePeer peer;
  const Subscription subscription(connect.get(), inbox);
  CHECK(static_cast<unsigned>(peer.keepalive_interval_s) * (peer.keepalive_count + 1) == 20U);
}

TEST_CASE_METHOD(Fixture, "a subscription that ends leaves nothing registered") {
  FakePeer peer;
  { const Subscription subscription(connect.get(), inbox); }
  CHECK(peer.held.size() == 6);
  CHECK(peer.events.empty());
  CHECK(peer.close.function == nullptr);
}

}  // namespace
}  // namespace vmtelem

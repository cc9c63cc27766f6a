#include "libvirt/api/domain_pointers.h"

#include <catch2/catch.hpp>

#include "fakes/eventually.h"
#include "libvirt/api/domain_identity.h"
#include "libvirt/api/event_loop.h"
#include "unit/libvirt/fake_daemon.h"

namespace vmtelem {
namespace {

using Function = FakeDaemon::Function;

struct Fixture {
  FakeDaemon daemon;
  std::shared_ptr<EventLoop> loop = *EventLoop::Share();
  std::shared_ptr<DescriptorBudget> descriptors = std::make_shared<DescriptorBudget>();
  Connection connection = Connection::Open(daemon.uri(), {descriptors}).value();
  DomainPointers pointers{connection};

  static std::shared_ptr<const DomainRef> Vm(int vm) {
    return std::make_shared<const DomainRef>(DomainRef{FakeDaemon::Uuid(vm), FakeDaemon::Name(vm), vm + 1});
  }
  static DomainRefs Vms(int count) {
    DomainRefs domains;
    for (int vm = 0; vm < count; ++vm) domains.push_back(Vm(vm));
    return domains;
  }
  [[nodiscard]] int lists() const { return daemon.calls(Function::kList); }
};

TEST_CASE_METHOD(Fixture, "after a listing every VM has its pointer, and none was looked up") {
  REQUIRE(pointers.List().has_value());
  const auto found = pointers.Find(Vms(12));
  REQUIRE(found->pointers.size() == 12);
  CHECK_FALSE(found->some_unknown);
  CHECK(UuidOf(found->pointers.at(7)) == FakeDaemon::Uuid(7));
  CHECK(lists() == 1);
  CHECK(daemon.calls(Function::kLookUp) == 0);
}

TEST_CASE_METHOD(Fixture, "the pointer of a VM stays the same") {
  REQUIRE(pointers.List().has_value());
  const auto first = pointers.Find(Vms(12));
  CHECK(pointers.Find(Vms(12))->pointers == first->pointers);
}

TEST_CASE_METHOD(Fixture, "a VM that is not known is left out, and not looked up") {
  REQUIRE(pointers.List().has_value());
  DomainRefs domains = Vms(1);
  domains.push_back(
      std::make_shared<const DomainRef>(DomainRef{"44444444-0000-4000-8000-000000000003", "nobody", std::nullopt}));
  const auto found = pointers.Find(domains);
  CHECK(found->pointers.size() == 1);
  CHECK(found->some_unknown);
  CHECK(daemon.calls(Function::kLookUp) == 0);
}

TEST_CASE_METHOD(Fixture, "a listing on a lost connection reports the loss") {
  daemon.CutConnections();
  CHECK(pointers.List().error().code == ErrorCode::kUnreachable);
}

// On the driver whose VMs are the same for all connections.
struct EventFixture {
  std::shared_ptr<EventLoop> loop = *EventLoop::Share();
  ConnectHandle admin{virConnectOpen("test:///default")};
  Connection connection = Connection::Open("test:///default", {std::make_shared<DescriptorBudget>()}).value();
  DomainPointers pointers{connection};
  DomainHandle vm{virDomainDefineXML(admin.get(),
                                     "<domain type='test'><name>another</name><memory>1024</memory>"
                                     "<os><type>hvm</type></os></domain>")};

  ~EventFixture() {
    virDomainDestroy(vm.get());
    virDomainUndefine(vm.get());
  }
  DomainRefs Started() {
    return {std::make_shared<const DomainRef>(DomainRef{UuidOf(vm.get()), "another", IdOf(vm.get())})};
  }
  bool Knows(const DomainRefs& domains) { return !pointers.Find(domains)->pointers.empty(); }
};

TEST_CASE_METHOD(EventFixture, "a VM that starts brings its pointer with it") {
  REQUIRE(pointers.List().has_value());
  REQUIRE(virDomainCreate(vm.get()) == 0);
  CHECK(Eventually([this] { return Knows(Started()); }));
}

TEST_CASE_METHOD(EventFixture, "a VM that is started anew has another pointer, of its new run") {
  REQUIRE(virDomainCreate(vm.get()) == 0);
  REQUIRE(pointers.List().has_value());
  REQUIRE(virDomainDestroy(vm.get()) == 0);
  REQUIRE(virDomainCreate(vm.get()) == 0);
  const DomainRefs started = Started();
  REQUIRE(Eventually([&] { return Knows(started); }));
  CHECK(IdOf(pointers.Find(started)->pointers.at(0)) == started[0]->id);
}

TEST_CASE_METHOD(EventFixture, "a VM that stops is known no more") {
  REQUIRE(virDomainCreate(vm.get()) == 0);
  REQUIRE(pointers.List().has_value());
  const DomainRefs started = Started();
  REQUIRE(Knows(started));
  REQUIRE(virDomainDestroy(vm.get()) == 0);
  CHECK(Eventually([&] { return !Knows(started); }));
}

TEST_CASE_METHOD(EventFixture, "an inbox that is closed keeps no pointer") {
  PointerInbox inbox;
  inbox.Push(vm.get(), false);
  inbox.Close();
  inbox.Push(vm.get(), false);
  CHECK(inbox.Take().events.empty());
}

TEST_CASE_METHOD(EventFixture, "more events than an inbox holds are reported as lost, once") {
  PointerInbox inbox;
  for (std::size_t i = 0; i <= PointerInbox::kCapacity; ++i) inbox.Push(vm.get(), true);
  CHECK(inbox.Take().forgot_some);
  CHECK_FALSE(inbox.Take().forgot_some);
}

}  // namespace
}  // namespace vmtelem

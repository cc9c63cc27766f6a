#include "libvirt/domain_pointers.h"

#include <catch2/catch.hpp>

#include "fake_daemon.h"
#include "libvirt/domain_identity.h"

namespace vmtelem {
namespace {

using Function = FakeDaemon::Function;

struct Fixture {
  FakeDaemon daemon;
  Connection connection = Connection::Open(daemon.uri()).value();
  DomainPointers pointers{connection};

  static std::shared_ptr<const DomainRef> Vm(int vm) {
    return std::make_shared<const DomainRef>(DomainRef{FakeDaemon::Uuid(vm), FakeDaemon::Name(vm), vm + 1});
  }
  static DomainRefs Vms(int count) {
    DomainRefs domains;
    for (int vm = 0; vm < count; ++vm) domains.push_back(Vm(vm));
    return domains;
  }
  [[nodiscard]] int lookups() const { return daemon.calls(Function::kLookUp); }
  [[nodiscard]] int lists() const { return daemon.calls(Function::kList); }
};

TEST_CASE_METHOD(Fixture, "a VM is looked up once, alone") {
  const auto first = pointers.Find(Vms(12), Lookup::kOneByOne);
  REQUIRE(first->size() == 12);
  CHECK(UuidOf(first->at(7)) == FakeDaemon::Uuid(7));
  CHECK(*pointers.Find(Vms(12), Lookup::kOneByOne) == *first);
  CHECK(lookups() == 12);
  CHECK(lists() == 0);
}

TEST_CASE_METHOD(Fixture, "where that is allowed, many VMs are looked up by one list") {
  const auto first = pointers.Find(Vms(12), Lookup::kByListing);
  REQUIRE(first->size() == 12);
  CHECK(UuidOf(first->at(7)) == FakeDaemon::Uuid(7));
  CHECK(*pointers.Find(Vms(12), Lookup::kByListing) == *first);
  CHECK(lookups() == 0);
  CHECK(lists() == 1);
}

TEST_CASE_METHOD(Fixture, "a few VMs are not worth a list") {
  REQUIRE(pointers.Find(Vms(2), Lookup::kByListing)->size() == 2);
  CHECK(lookups() == 2);
  CHECK(lists() == 0);
}

TEST_CASE_METHOD(Fixture, "a VM that there is not is left out, and asked for again") {
  DomainRefs domains = Vms(1);
  domains.push_back(std::make_shared<const DomainRef>(
      DomainRef{"33333333-0000-4000-8000-000000000011", FakeDaemon::Name(11), std::nullopt}));
  domains.push_back(
      std::make_shared<const DomainRef>(DomainRef{"44444444-0000-4000-8000-000000000003", "nobody", std::nullopt}));
  for (int i = 0; i < 2; ++i) CHECK(pointers.Find(domains, Lookup::kOneByOne)->size() == 2);
  CHECK(lookups() == 4);
}

TEST_CASE_METHOD(Fixture, "a connection that is lost is told of") {
  daemon.CutConnections();
  CHECK(pointers.Find(Vms(1), Lookup::kOneByOne).error().code == ErrorCode::kUnreachable);
  CHECK(pointers.Find(Vms(12), Lookup::kByListing).error().code == ErrorCode::kUnreachable);
}

TEST_CASE_METHOD(Fixture, "a few pointers more than there are VMs are kept, to be of use again") {
  for (int i = 0; i < 3; ++i) {
    REQUIRE(pointers.Find(Vms(12), Lookup::kOneByOne).has_value());
    pointers.Prune({Vm(0)}, 1);
  }
  CHECK(lookups() == 12);
}

}  // namespace
}  // namespace vmtelem

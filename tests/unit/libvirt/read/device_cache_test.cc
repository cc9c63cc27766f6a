#include "libvirt/read/device_cache.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};
constexpr Nanoseconds kTtl = std::chrono::seconds(300);

std::shared_ptr<const DomainRef> Vm(const std::string& uuid, std::int64_t id) {
  return std::make_shared<const DomainRef>(DomainRef{uuid, "vm " + uuid, id});
}
KnownDevices Nic(const std::string& nic, std::int64_t id) { return {{{nic}, {}}, id}; }

struct Fixture {
  DeviceBook book{kTtl};
  const DomainRefs vms{Vm("a", 1), Vm("b", 2)};

  void PutBoth() { book.Put({{"a", Nic("vnet0", 1)}, {"b", Nic("vnet1", 2)}}, kStart); }
};

TEST_CASE_METHOD(Fixture, "VMs that are not known are due") {
  CHECK(book.Due(vms, kStart) == vms);
  book.Put({{"a", Nic("vnet0", 1)}}, kStart);
  CHECK(book.Due(vms, kStart) == DomainRefs{vms[1]});
}

TEST_CASE_METHOD(Fixture, "devices are found, and not due, until their time to live is over") {
  PutBoth();
  CHECK(book.Due(vms, kStart + kTtl - Nanoseconds(1)).empty());
  CHECK(book.Due(vms, kStart + kTtl) == vms);
  const auto* found = FindDevices(*book.table(), "a", 1);
  REQUIRE(found != nullptr);
  CHECK(found->nics == std::vector<std::string>{"vnet0"});
}

TEST_CASE_METHOD(Fixture, "devices of an earlier run of a VM are due and not believed") {
  PutBoth();
  const auto restarted = Vm("a", 7);
  CHECK(book.Due({restarted, vms[1]}, kStart) == DomainRefs{restarted});
  CHECK(FindDevices(*book.table(), "a", 7) == nullptr);
  CHECK(FindDevices(*book.table(), "a", std::nullopt) == nullptr);
}

TEST_CASE_METHOD(Fixture, "stale devices are due, and believed until they are read again") {
  PutBoth();
  book.MarkStale("b");
  CHECK(book.Due(vms, kStart) == DomainRefs{vms[1]});
  CHECK(FindDevices(*book.table(), "b", 2) != nullptr);
  book.Put({{"b", Nic("vnet9", 2)}}, kStart);
  CHECK(book.Due(vms, kStart).empty());
  CHECK(FindDevices(*book.table(), "b", 2)->nics == std::vector<std::string>{"vnet9"});
}

TEST_CASE_METHOD(Fixture, "a table that was handed out stays as it was") {
  book.Put({{"a", Nic("vnet0", 1)}}, kStart);
  const auto before = book.table();
  book.Put({{"a", Nic("vnet5", 1)}, {"b", Nic("vnet1", 2)}}, kStart);
  CHECK(FindDevices(*before, "a", 1)->nics == std::vector<std::string>{"vnet0"});
  CHECK(FindDevices(*before, "b", 2) == nullptr);
  CHECK(FindDevices(*book.table(), "a", 1)->nics == std::vector<std::string>{"vnet5"});
  book.Keep({});
  CHECK(before->size() == 1);
}

TEST_CASE_METHOD(Fixture, "a reading that gave nothing leaves the table that there is") {
  PutBoth();
  const auto before = book.table();
  book.Put({}, kStart);
  CHECK(book.table() == before);
}

TEST_CASE_METHOD(Fixture, "VMs that are gone are forgotten, the others stay") {
  PutBoth();
  book.Keep({vms[0]});
  CHECK(FindDevices(*book.table(), "b", 2) == nullptr);
  CHECK(FindDevices(*book.table(), "a", 1) != nullptr);
  CHECK(book.Due(vms, kStart) == DomainRefs{vms[1]});
}

TEST_CASE_METHOD(Fixture, "a book in which nobody is gone stays as it is") {
  PutBoth();
  const auto before = book.table();
  book.Keep(vms);
  CHECK(book.table() == before);
}

}  // namespace
}  // namespace vmtelem

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
  DeviceCache cache{kTtl};
  const DomainRefs vms{Vm("a", 1), Vm("b", 2)};

  void PutBoth() { cache.Put({{"a", Nic("vnet0", 1)}, {"b", Nic("vnet1", 2)}}, kStart); }
};

TEST_CASE_METHOD(Fixture, "VMs that are not known are due") {
  CHECK(cache.Due(vms, kStart) == vms);
  cache.Put({{"a", Nic("vnet0", 1)}}, kStart);
  CHECK(cache.Due(vms, kStart) == DomainRefs{vms[1]});
}

TEST_CASE_METHOD(Fixture, "devices are found, and not due, until their time to live is over") {
  PutBoth();
  CHECK(cache.Due(vms, kStart + kTtl * 3 / 4 - Nanoseconds(1)).empty());
  CHECK(cache.Due(vms, kStart + kTtl) == vms);
  const auto* found = FindDevices(*cache.table(), "a", 1);
  REQUIRE(found != nullptr);
  CHECK(found->nics == std::vector<std::string>{"vnet0"});
}

TEST_CASE_METHOD(Fixture, "the devices of VMs that were read together are not all due together") {
  PutBoth();
  bool one_is_due = false;
  for (Nanoseconds age = kTtl * 3 / 4; age < kTtl; age += std::chrono::milliseconds(100)) {
    one_is_due = one_is_due || cache.Due(vms, kStart + age).size() == 1;
  }
  CHECK(one_is_due);
}

TEST_CASE_METHOD(Fixture, "devices of an earlier run of a VM are due and not believed") {
  PutBoth();
  const auto restarted = Vm("a", 7);
  CHECK(cache.Due({restarted, vms[1]}, kStart) == DomainRefs{restarted});
  CHECK(FindDevices(*cache.table(), "a", 7) == nullptr);
  CHECK(FindDevices(*cache.table(), "a", std::nullopt) == nullptr);
}

TEST_CASE_METHOD(Fixture, "stale devices are due, and believed until they are read again") {
  PutBoth();
  cache.MarkStale("b");
  CHECK(cache.Due(vms, kStart) == DomainRefs{vms[1]});
  CHECK(FindDevices(*cache.table(), "b", 2) != nullptr);
  cache.Put({{"b", Nic("vnet9", 2)}}, kStart);
  CHECK(cache.Due(vms, kStart).empty());
  CHECK(FindDevices(*cache.table(), "b", 2)->nics == std::vector<std::string>{"vnet9"});
}

TEST_CASE_METHOD(Fixture, "a table that was handed out stays as it was") {
  cache.Put({{"a", Nic("vnet0", 1)}}, kStart);
  const auto before = cache.table();
  cache.Put({{"a", Nic("vnet5", 1)}, {"b", Nic("vnet1", 2)}}, kStart);
  CHECK(FindDevices(*before, "a", 1)->nics == std::vector<std::string>{"vnet0"});
  CHECK(FindDevices(*before, "b", 2) == nullptr);
  CHECK(FindDevices(*cache.table(), "a", 1)->nics == std::vector<std::string>{"vnet5"});
  cache.Keep({});
  CHECK(before->size() == 1);
}

TEST_CASE_METHOD(Fixture, "a reading that gave nothing leaves the table that there is") {
  PutBoth();
  const auto before = cache.table();
  cache.Put({}, kStart);
  CHECK(cache.table() == before);
}

TEST_CASE_METHOD(Fixture, "VMs that are gone are forgotten, the others stay") {
  PutBoth();
  cache.Keep({vms[0]});
  CHECK(FindDevices(*cache.table(), "b", 2) == nullptr);
  CHECK(FindDevices(*cache.table(), "a", 1) != nullptr);
  CHECK(cache.Due(vms, kStart) == DomainRefs{vms[1]});
}

TEST_CASE_METHOD(Fixture, "a cache whose VMs all still run stays as it is") {
  PutBoth();
  const auto before = cache.table();
  cache.Keep(vms);
  CHECK(cache.table() == before);
}

}  // namespace
}  // namespace vmtelem

#include "libvirt/device_cache.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};
constexpr Nanoseconds kTtl = std::chrono::seconds(300);

DomainStats Vm(const std::string& uuid, std::int64_t id) {
  DomainStats stats;
  stats.uuid = uuid;
  stats.domain_id = id;
  return stats;
}

TEST_CASE("devices are found until their time to live is over") {
  DeviceCache cache(kTtl);
  cache.Put(Vm("a", 1), {{"vnet0"}, {}}, kStart);
  const auto* found = cache.Find(Vm("a", 1), kStart + kTtl - Nanoseconds(1));
  REQUIRE(found != nullptr);
  CHECK(found->nics == std::vector<std::string>{"vnet0"});
  CHECK(cache.Find(Vm("a", 1), kStart + kTtl) == nullptr);
}

TEST_CASE("devices of an earlier run of the VM are not believed") {
  DeviceCache cache(kTtl);
  cache.Put(Vm("a", 1), {}, kStart);
  CHECK(cache.Find(Vm("a", 2), kStart) == nullptr);
}

TEST_CASE("forgotten devices are not found, those of others are") {
  DeviceCache cache(kTtl);
  cache.Put(Vm("a", 1), {}, kStart);
  cache.Put(Vm("b", 2), {}, kStart);
  cache.Forget("a");
  CHECK(cache.Find(Vm("a", 1), kStart) == nullptr);
  CHECK(cache.Find(Vm("b", 2), kStart) != nullptr);
}

}  // namespace
}  // namespace vmtelem

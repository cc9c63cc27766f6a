#include "base/shard.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace vmtelem {
namespace {

std::vector<std::string> Hosts(int count) {
  std::vector<std::string> hosts;
  for (int i = 0; i < count; ++i) hosts.push_back(fmt::format("kvm{:04}.example", i));
  return hosts;
}

std::uint32_t OwnerOf(const std::string& host, std::uint32_t count) {
  for (std::uint32_t index = 1; index <= count; ++index) {
    if (Shard{index, count}.Has(host)) return index;
  }
  return 0;
}

TEST_CASE("the only shard has every name") {
  for (const std::string& host : Hosts(100)) CHECK(Shard{}.Has(host));
}

TEST_CASE("each name is in exactly one shard") {
  for (const std::string& host : Hosts(1000)) {
    int owners = 0;
    for (std::uint32_t index = 1; index <= 7; ++index) owners += Shard{index, 7}.Has(host) ? 1 : 0;
    CHECK(owners == 1);
  }
}

TEST_CASE("shards are about equally large") {
  std::vector<int> sizes(8);
  for (const std::string& host : Hosts(8000)) ++sizes[OwnerOf(host, 8) - 1];
  for (const int size : sizes) CHECK((size > 850 && size < 1150));  // 1000 each, five standard deviations
}

TEST_CASE("another shard takes its part of the names and moves no other") {
  int moved = 0;
  for (const std::string& host : Hosts(8000)) {
    const std::uint32_t before = OwnerOf(host, 7), after = OwnerOf(host, 8);
    if (before == after) continue;
    CHECK(after == 8);
    ++moved;
  }
  CHECK((moved > 850 && moved < 1150));
}

TEST_CASE("the shard of a name is the same in every build") {
  CHECK(OwnerOf("kvm0001.example", 8) == 7);
  CHECK(OwnerOf("b\u00fcro", 3) == 3);
  CHECK(OwnerOf("a", 1000) == 351);
}

}  // namespace
}  // namespace vmtelem

#include "libvirt/shards.h"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Expected {
  LaneDemand demand;
  std::size_t lanes;
};

TEST_CASE("there is a lane for every five VMs, as many as the cores have use for") {
  const auto [demand, lanes] =
      GENERATE(Expected{{0, 0, 8, false}, 1}, Expected{{0, 1, 8, false}, 1}, Expected{{0, 4, 8, false}, 1},
               Expected{{0, 5, 8, false}, 1}, Expected{{0, 6, 8, false}, 2}, Expected{{0, 10, 8, false}, 2},
               Expected{{0, 11, 8, false}, 3}, Expected{{0, 20, 8, false}, 4}, Expected{{0, 1000, 8, false}, 4},
               Expected{{0, 20, 2, false}, 4}, Expected{{0, 20, 1, false}, 2}, Expected{{0, 1000, 0, false}, 2});
  CAPTURE(demand.vms, demand.cores);
  CHECK(LaneCount(demand) == lanes);
}

TEST_CASE("a remote hypervisor has one lane") {
  const std::size_t vms = GENERATE(0U, 1U, 6U, 1000U);
  CHECK(LaneCount({0, vms, 8, true}) == 1);
}

TEST_CASE("the configured number of lanes counts, but no lane is without a VM") {
  CHECK(LaneCount({7, 1000, 1, false}) == 7);
  CHECK(LaneCount({7, 1000, 1, true}) == 7);
  CHECK(LaneCount({7, 3, 8, false}) == 3);
  CHECK(LaneCount({7, 0, 8, false}) == 1);
}

DomainRefs Vms(std::size_t count) {
  DomainRefs domains;
  for (std::size_t i = 0; i < count; ++i) {
    domains.push_back(std::make_shared<const DomainRef>(DomainRef{std::to_string(i), "vm", std::nullopt}));
  }
  return domains;
}

TEST_CASE("the parts hold every VM once and in order") {
  const std::size_t count = GENERATE(1U, 2U, 3U, 7U, 20U);
  const DomainRefs domains = Vms(GENERATE(1U, 2U, 12U, 13U, 100U));
  CAPTURE(count, domains.size());
  DomainRefs joined;
  for (const auto& part : Split(domains, count)) joined.insert(joined.end(), part.begin(), part.end());
  CHECK(joined == domains);
}

TEST_CASE("the parts differ in size by one at most and none is empty") {
  const std::size_t count = GENERATE(1U, 2U, 3U, 7U, 20U);
  const std::size_t vms = GENERATE(1U, 2U, 12U, 13U, 100U);
  CAPTURE(count, vms);
  const auto parts = Split(Vms(vms), count);
  CHECK(parts.size() == std::min(count, vms));
  const auto [least, most] =
      std::minmax_element(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  CHECK_FALSE(least->empty());
  CHECK(most->size() - least->size() <= 1);
}

TEST_CASE("without VMs there are no parts") { CHECK(Split({}, 4).empty()); }

TEST_CASE("a first shard may take longer, since no earlier one is known, and so may its parts") {
  const ShardPace pace(seconds(30));
  CHECK(pace.Limit() == ShardPace::kFirst);
  CHECK(pace.LimitOfPart() == ShardPace::kFirst);
}

TEST_CASE("a shard may take four times as long as earlier shards, a part of a shard twice as long") {
  ShardPace pace(seconds(30));
  pace.Note(milliseconds(100));
  CHECK(pace.Limit() == milliseconds(400));
  CHECK(pace.LimitOfPart() == milliseconds(200));
}

TEST_CASE("a shard is not looked into before its shortest limit, however fast earlier shards were") {
  ShardPace pace(seconds(30));
  pace.Note(milliseconds(1));
  CHECK(pace.Limit() == ShardPace::kShortest);
  CHECK(pace.LimitOfPart() == ShardPace::kShortestOfPart);
}

TEST_CASE("the pace follows what shards take, a quarter of the way each time") {
  ShardPace pace(seconds(30));
  pace.Note(milliseconds(100));
  pace.Note(milliseconds(500));
  CHECK(pace.Limit() == milliseconds(4 * 200));
  pace.Note(milliseconds(100));
  CHECK(pace.Limit() == milliseconds(4 * 175));
}

TEST_CASE("of another daemon nothing is known again") {
  ShardPace pace(seconds(30));
  CHECK_FALSE(pace.known());
  pace.Note(milliseconds(100));
  CHECK(pace.known());
  pace.Forget();
  CHECK_FALSE(pace.known());
  CHECK(pace.Limit() == ShardPace::kFirst);
}

TEST_CASE("no shard may take longer than the time-out") {
  ShardPace pace(milliseconds(90));
  CHECK(pace.Limit() == milliseconds(90));
  CHECK(pace.LimitOfPart() == milliseconds(90));
  pace.Note(seconds(10));
  CHECK(pace.Limit() == milliseconds(90));
  CHECK(pace.LimitOfPart() == milliseconds(90));
}

}  // namespace
}  // namespace vmtelem

// Two targets in one spool, of which one has filled it.
#include <random>

#include <catch2/catch.hpp>

#include "spool/spool_claim.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

constexpr const char* kNewcomer = "v1_http%3A%2F%2Fnew%3A8086_telemetry";
constexpr std::uint64_t kBound = 64;  // batches, of a block each

std::size_t BatchesIn(const SpoolWorld& world, const std::string& target) {
  std::size_t files = 0;
  for (const std::string& name : NamesIn(world.root / target)) files += ParseSpoolName(name) ? 1 : 0;
  return files;
}

struct Neighbours {
  Neighbours() {
    world.delivery.spool_max_bytes = kBound * world.block_bytes();
    first = world.Open();
    for (std::size_t i = 1; i <= kBound; ++i) first->Add(SampleBatch(100 * i, 10));
    newcomer = world.Open(kNewcomer);
  }

  // Both go on for so long; the newcomer adds a batch a second.
  void Run(int seconds) {
    for (int second = 0; second < seconds; ++second) {
      newcomer->Add(SampleBatch(1'000'000 + 100 * static_cast<std::size_t>(second), 10));
      for (DiskSpool* spool : {first.get(), newcomer.get()}) lost += LinesLost(spool->CatchUp());
      most_files = std::max(most_files, Files(SpoolWorld::kTarget) + Files(kNewcomer));
      world.clock.Advance(1s);
    }
  }

  [[nodiscard]] std::size_t Files(const std::string& target) const { return BatchesIn(world, target); }

  SpoolWorld world;
  std::unique_ptr<DiskSpool> first, newcomer;
  std::size_t lost = 0, most_files = 0;
};

TEST_CASE("a target that has filled the spool leaves another its fair half, and the bound holds all the time") {
  Neighbours both;
  both.Run(200);
  CHECK(both.Files(kNewcomer) == kBound / 2);
  CHECK(both.Files(SpoolWorld::kTarget) == kBound / 2);
  CHECK(both.most_files <= kBound);
}

TEST_CASE(
    "of two targets that fill a spool at once each keeps its fair half, and hardly more is ever held than the bound") {
  SpoolWorld world;
  world.delivery.spool_max_bytes = kBound * world.block_bytes();
  const auto one = world.Open(), other = world.Open(kNewcomer);
  std::size_t most = 0, added = 0, lost = 0;
  const auto files = [&] { return BatchesIn(world, SpoolWorld::kTarget) + BatchesIn(world, kNewcomer); };
  for (std::size_t second = 0; second < 300; ++second) {
    for (DiskSpool* spool : {one.get(), other.get()}) {
      spool->Add(SampleBatch(100 * second, 10));
      lost += LinesLost(spool->CatchUp());
      added += 10;
      most = std::max(most, files());
    }
    world.clock.Advance(1s);
  }
  CHECK(BatchesIn(world, SpoolWorld::kTarget) == kBound / 2);
  CHECK(BatchesIn(world, kNewcomer) == kBound / 2);
  CHECK(most <= kBound + kBound / 8);
  CHECK(lost + one->stats().lines + other->stats().lines == added);
}

TEST_CASE("room that another target leaves is used before any batch goes for it") {
  Neighbours both;
  both.Run(200);
  Drain(*both.first);
  both.world.clock.Advance(1s);
  for (std::size_t i = 1; i <= kBound / 2; ++i) {
    both.newcomer->Add(SampleBatch(2'000'000 + 100 * i, 10));
    CHECK(both.newcomer->CatchUp().losses.empty());
  }
  CHECK(both.Files(kNewcomer) == kBound);
}

TEST_CASE("a batch that is larger than a step of a claim gets its room") {
  Neighbours both;
  const std::size_t blocks = kBound / 4;
  std::mt19937 random(1);
  std::string text(blocks * both.world.block_bytes() - 1000, ' ');
  for (char& byte : text) byte = static_cast<char>('!' + random() % 90);
  auto gzip = std::make_shared<const std::string>(text);  // what it is does not matter here
  const auto batch = std::make_shared<const Batch>(SampleLines(1'000'000, 10), gzip);
  both.newcomer->Add(batch);
  for (int second = 0; second < 100; ++second) {
    for (DiskSpool* spool : {both.newcomer.get(), both.first.get()}) spool->CatchUp();
    both.world.clock.Advance(1s);
  }
  CHECK(both.Files(kNewcomer) == 1);
}

TEST_CASE("what makes room for the share of another target is the oldest") {
  Neighbours both;
  both.Run(100);
  const auto left = Drain(*both.first);
  CHECK(left.size() < kBound);
  CHECK(left.back() == static_cast<std::int64_t>(100 * kBound));
}

TEST_CASE("a target with room enough, or one that only starts, costs another nothing") {
  Neighbours both;
  for (int second = 0; second < 200; ++second) {
    both.first->CatchUp();
    both.world.clock.Advance(1s);
  }
  CHECK(both.Files(SpoolWorld::kTarget) == kBound);
}

TEST_CASE("the claim of a process that has ended costs another nothing") {
  Neighbours both;
  both.newcomer->Add(SampleBatch(1'000'000, 10));
  both.newcomer->CatchUp();
  both.newcomer->CatchUp();
  REQUIRE(std::filesystem::exists(both.world.root / kNewcomer / "claim"));
  both.newcomer.reset();
  for (int second = 0; second < 200; ++second) {
    CHECK(both.first->CatchUp().losses.empty());
    both.world.clock.Advance(1s);
  }
}

TEST_CASE("the claim of a process that has ended after it was seen to live costs another nothing after a while") {
  Neighbours both;
  both.Run(70);
  REQUIRE(both.Files(SpoolWorld::kTarget) < kBound);
  both.newcomer.reset();
  both.first->CatchUp();  // the claim may have been renewed since the last look
  both.world.clock.Advance(SpoolClaimWatch::kCounts);
  for (std::size_t i = 1; i <= kBound; ++i) {
    both.first->Add(SampleBatch(3'000'000 + 100 * i, 10));
    both.first->CatchUp();
  }
  CHECK(both.Files(SpoolWorld::kTarget) + both.Files(kNewcomer) == kBound);
}

TEST_CASE("a claim that is no longer needed is taken back") {
  Neighbours both;
  both.Run(200);
  Drain(*both.newcomer);
  both.newcomer->CatchUp();
  CHECK_FALSE(std::filesystem::exists(both.world.root / kNewcomer / "claim"));
}

}  // namespace
}  // namespace vmtelem

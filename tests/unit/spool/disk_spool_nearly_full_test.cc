// Small batches in a spool that has little room left.
#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "many_batches.h"

namespace vmtelem {
namespace {

constexpr std::size_t kCrowd = 500;

struct Crowd {
  std::size_t lost = 0, refused = 0;
  std::uint64_t most_bytes = 0;  // on the disk, before and after something was joined
};

// Adds so many batches of one line.
Crowd AddCrowd(SpoolWorld& world, DiskSpool& spool) {
  Crowd crowd;
  for (std::size_t i = 0; i < kCrowd; ++i) {
    crowd.refused += spool.Add(SampleBatch(i, 1)).durable ? 0 : 1;
    crowd.lost += LinesLost(ManyWorld::Look(spool));
    crowd.most_bytes = std::max(crowd.most_bytes, world.BatchFiles().size() * world.block_bytes());
  }
  return crowd;
}

TEST_CASE("small batches are joined before any of them goes for the bound, which is kept") {
  SpoolWorld world;
  world.delivery.spool_max_bytes = 2 * BatchJoiner::kFewWhereShort * world.block_bytes();
  const auto spool = world.Open();
  const Crowd crowd = AddCrowd(world, *spool);
  CHECK((crowd.lost == 0 && crowd.refused == 0));
  CHECK(crowd.most_bytes <= world.delivery.spool_max_bytes);
  CHECK(spool->stats().durable);
  CHECK(AllText(*spool) == SampleLines(0, kCrowd).bytes);
}

TEST_CASE("where there are few files small batches go for the bound, and are not joined all the time") {
  SpoolWorld world;
  world.delivery.spool_max_bytes = BatchJoiner::kFewWhereShort * world.block_bytes();
  const auto spool = world.Open();
  const Crowd crowd = AddCrowd(world, *spool);
  CHECK(crowd.lost == kCrowd - BatchJoiner::kFewWhereShort);
  CHECK(crowd.most_bytes == world.delivery.spool_max_bytes);
}

TEST_CASE("a spool that is found to be far over its bound because its files are small loses none") {
  ManyWorld world(kCrowd);
  world.delivery.spool_max_bytes = kFew * world.block_bytes();
  const auto spool = world.Open();
  CHECK(ManyWorld::Join(*spool).losses.empty());
  CHECK(spool->stats().bytes <= world.delivery.spool_max_bytes);
  CHECK(AllText(*spool) == SampleLines(0, kCrowd).bytes);
}

TEST_CASE("what is added while small batches are joined to make room waits in memory meanwhile, without a word") {
  ManyWorld world(kCrowd);
  world.delivery.spool_max_bytes = kFew * world.block_bytes();
  const auto spool = world.Open();
  CHECK_FALSE(spool->Add(SampleBatch(900'000, 1)).durable);
  CHECK(ManyWorld::Join(*spool).losses.empty());
  CHECK(spool->stats().durable);
  CHECK_THAT(world.log(), !Catch::Contains("cannot write"));
}

TEST_CASE("a joined batch is a small part of what the spool may hold, since it goes as a whole") {
  ManyWorld world(0);
  world.delivery.spool_max_bytes = 1 << 20;
  for (std::size_t i = 0; i < 100; ++i) world.Leave(i, 1, std::string(20'000, 'x'));
  const auto spool = world.Open();
  ManyWorld::Join(*spool);
  std::size_t most = 0;
  while (const auto next = spool->Next()) most = std::max(most, next->batch->bytes().size());
  CHECK((most > 200'000 && most <= (1 << 18)));
}

TEST_CASE("joining that makes little room keeps no batch from going for long") {
  ManyWorld world(0);
  std::mt19937 random(1);
  for (std::size_t i = 0; i < kCrowd; ++i) {
    std::string noise(2 * world.block_bytes(), ' ');
    for (char& byte : noise) byte = static_cast<char>('!' + random() % 90);
    world.Leave(i, 1, noise);
  }
  world.delivery.spool_max_bytes = kCrowd * world.block_bytes();
  const auto spool = world.Open();
  for (int second = 0; second < 5; ++second) {
    ManyWorld::Look(*spool);
    world.clock.Advance(std::chrono::seconds(1));
  }
  CHECK(spool->stats().bytes <= world.delivery.spool_max_bytes);
}

TEST_CASE("of thousands of batches that have to go at once a bounded number goes with each look") {
  ManyWorld world(0);
  constexpr std::size_t kApart = 4'000'000'000'000;  // so that they are not joined
  world.delivery.spool_max_bytes = world.block_bytes();
  for (std::size_t i = 1; i <= 1'500; ++i) world.Leave(kApart * i);
  const auto spool = world.Open();
  ManyWorld::Look(*spool);  // finds that nothing can be joined
  CHECK(LinesLost(spool->CatchUp()) == 1'000);
  CHECK(LinesLost(spool->CatchUp()) == 499);
}

TEST_CASE("a spool whose owner does not join goes back to giving up its oldest after a while") {
  ManyWorld world(kCrowd);
  world.delivery.spool_max_bytes = kFew * world.block_bytes();
  const auto spool = world.Open();
  CHECK_FALSE(spool->Add(SampleBatch(900'000, 1)).durable);
  world.clock.Advance(BatchJoiner::kTurn);
  CHECK(spool->Add(SampleBatch(900'001, 1)).durable);
}

}  // namespace
}  // namespace vmtelem

#include "spool/spool_capacity.h"

#include <catch2/catch.hpp>

#include "spool_world.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

SpoolCapacity Look(const SpoolWorld& world) {
  const auto capacity = LookAtSpool(world.root, SpoolWorld::kTarget, world.options.limits());
  REQUIRE(capacity);
  return *capacity;
}

// Adds a batch a second, as a service does, and returns the bytes of all but the first.
std::uint64_t Run(SpoolWorld& world, DiskSpool& spool, int seconds) {
  std::uint64_t bytes = 0;
  for (int second = 0; second <= seconds; ++second) {
    const std::uint64_t before = spool.stats().bytes;
    spool.Add(SampleBatch(static_cast<std::size_t>(second) * 10, 10));
    if (second > 0) bytes += spool.stats().bytes - before;
    spool.CatchUp();
    world.clock.Advance(1s);
  }
  return bytes;
}

TEST_CASE("a spool that is not there yet is looked at without being made") {
  const SpoolWorld world;
  CHECK(Look(world).room_bytes > 0);
  CHECK(Look(world).bytes_per_s == 0);
  CHECK_FALSE(std::filesystem::exists(world.root));
}

TEST_CASE("a spool takes no more than it is told to") {
  SpoolWorld world;
  world.delivery.spool_max_bytes = 12345;
  CHECK(Look(world).room_bytes == 12345);
}

TEST_CASE("a spool takes no more than the file system has beyond what stays free") {
  SpoolWorld world;
  world.delivery.spool_max_bytes = std::uint64_t{1} << 60U;
  world.options.free_floor_bytes = std::uint64_t{1} << 60U;
  world.options.free_floor_inodes.reset();
  CHECK(Look(world).room_bytes == 0);
}

TEST_CASE("how fast batches come is known ten seconds after the first") {
  SpoolWorld world;
  const auto spool = world.Open();
  Run(world, *spool, 9);
  CHECK(Look(world).bytes_per_s == 0);
  spool->CatchUp();
  CHECK(Look(world).bytes_per_s > 0);
}

TEST_CASE("the rate at which batches come is that of their files") {
  SpoolWorld world;
  const auto spool = world.Open();
  const std::uint64_t bytes = Run(world, *spool, 10);
  CHECK(Look(world).bytes_per_s == bytes / 10);
}

TEST_CASE("the rate is that of the last minute") {
  SpoolWorld world;
  const auto spool = world.Open();
  Run(world, *spool, 10);
  world.clock.Advance(60s);  // in which nothing came
  spool->CatchUp();
  CHECK(Look(world).bytes_per_s == 0);
}

TEST_CASE("the next process keeps the rate until it knows its own") {
  SpoolWorld world;
  Run(world, *world.Open(), 10);
  const auto next = world.Open();
  CHECK(Look(world).bytes_per_s > 0);
}

TEST_CASE("the time that is left is that in which the room fills at the rate at which batches come") {
  SpoolWorld world;
  world.delivery.spool_max_bytes = 1 << 20;
  const auto spool = world.Open();
  Run(world, *spool, 10);
  const SpoolStats stats = spool->stats();
  const double rate = static_cast<double>(Look(world).bytes_per_s);
  REQUIRE(rate > 0);
  CHECK(stats.seconds_left.value() == Approx(static_cast<double>((1 << 20) - stats.bytes) / rate));
}

TEST_CASE("the time that is left grows by what is delivered") {
  SpoolWorld world;
  world.delivery.spool_max_bytes = 1 << 20;
  const auto spool = world.Open();
  Run(world, *spool, 10);
  const double before = spool->stats().seconds_left.value();
  Drain(*spool);
  spool->CatchUp();
  CHECK(spool->stats().seconds_left.value() == Approx((1 << 20) / static_cast<double>(Look(world).bytes_per_s)));
  CHECK(spool->stats().seconds_left.value() > before);
}

TEST_CASE("a spool that is full has no time left") {
  SpoolWorld world;
  const auto spool = world.Open();
  Run(world, *spool, 10);
  world.delivery.spool_max_bytes = spool->stats().bytes;
  spool->CatchUp();
  CHECK(spool->stats().seconds_left.value() == 0);
}

TEST_CASE("a file system that lets nothing more be written leaves no time") {
  SpoolWorld world;
  world.delivery.spool_max_bytes = std::uint64_t{1} << 60U;
  world.options.free_floor_bytes = std::uint64_t{1} << 60U;
  const auto spool = world.Open();
  Run(world, *spool, 10);
  CHECK(spool->stats().seconds_left == 0.0);
}

TEST_CASE("the time that is left is not known before the rate is") {
  SpoolWorld world;
  const auto spool = world.Open();
  Run(world, *spool, 9);
  CHECK_FALSE(spool->stats().seconds_left);
}

TEST_CASE("the time that is left is not known while nothing comes") {
  SpoolWorld world;
  const auto spool = world.Open();
  Run(world, *spool, 10);
  world.clock.Advance(60s);
  spool->CatchUp();
  CHECK_FALSE(spool->stats().seconds_left);
}

TEST_CASE("the time that is left is not known where another process keeps the bounds") {
  SpoolWorld world;
  const auto holder = world.Open();
  const auto beside = world.Open();
  Run(world, *beside, 10);
  CHECK_FALSE(beside->stats().seconds_left);
}

}  // namespace
}  // namespace vmtelem

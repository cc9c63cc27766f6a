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

}  // namespace
}  // namespace vmtelem

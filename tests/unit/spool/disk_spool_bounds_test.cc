#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "fakes/disk_conditions.h"
#include "file_hooks.h"
#include "spool/enqueue.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr const char* kOther = "v1_http%3A%2F%2Fold%3A8086_telemetry";

void LeaveOthers(const SpoolWorld& world, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) REQUIRE(EnqueueInSpool(world.root, kOther, *SampleBatch(100 * i, 10)));
}

std::uint64_t FreeBytes(const std::filesystem::path& path) { return std::filesystem::space(path).available; }

TEST_CASE("what is found at start beyond the bound is given up, the oldest first") {
  SpoolWorld world;
  {
    const auto spool = world.Open();
    for (std::size_t i = 1; i <= 4; ++i) spool->Add(SampleBatch(100 * i, 10));
  }
  world.delivery.spool_max_bytes = world.block_bytes() * 5 / 2;
  const auto spool = world.Open();
  const SpoolChanges changes = spool->CatchUp();
  CHECK(changes.recovered_lines == 40);
  CHECK(LinesLost(changes) == 20);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{300, 400});
}

TEST_CASE("what is left of a batch takes its place in a spool that is full, and costs no other one") {
  SpoolWorld world;
  world.delivery.spool_max_bytes = world.block_bytes() * 5 / 2;
  const auto spool = world.Open();
  for (const std::size_t first : {100U, 200U}) spool->Add(SampleBatch(first, 10));
  const auto oldest = spool->Next();
  REQUIRE(oldest);
  REQUIRE(spool->AddInPlace(SampleBatch(105, 5)));
  spool->Acknowledge(oldest->id, {.moved = 5});
  CHECK(spool->CatchUp().losses.empty());
  CHECK(Drain(*spool) == std::vector<std::int64_t>{105, 200});
}

TEST_CASE("batches of other targets count for the bound, and ours go first") {
  SpoolWorld world;
  LeaveOthers(world, 2);
  world.delivery.spool_max_bytes = world.block_bytes() * 7 / 2;
  const auto spool = world.Open();
  CHECK(spool->Add(SampleBatch(100, 10)).durable);
  CHECK(spool->Add(SampleBatch(200, 10)).durable);
  CHECK(LinesLost(spool->CatchUp()) == 10);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{200});
  CHECK(NamesIn(world.root / kOther).size() == 2);
}

TEST_CASE("when other targets fill the bound, what is new stays in memory") {
  SpoolWorld world;
  LeaveOthers(world, 3);
  world.delivery.spool_max_bytes = world.block_bytes() * 5 / 2;
  const auto spool = world.Open();
  CHECK_FALSE(spool->Add(SampleBatch(100, 10)).durable);
  CHECK_THAT(world.log(), Catch::Contains("the batches of other targets fill it"));
  CHECK(spool->CatchUp().losses.empty());
  std::filesystem::remove_all(world.root / kOther);
  world.clock.Advance(OtherTargets::kInterval);
  CHECK(spool->CatchUp().persisted_lines == 10);
}

TEST_CASE("what another service adds to its target is noticed within a minute") {
  SpoolWorld world;
  LeaveOthers(world, 1);
  world.delivery.spool_max_bytes = world.block_bytes() * 7 / 2;
  const auto spool = world.Open();
  for (const std::size_t first : {100U, 200U}) spool->Add(SampleBatch(first, 10));
  CHECK(spool->CatchUp().losses.empty());
  LeaveOthers(world, 1);
  CHECK(spool->CatchUp().losses.empty());
  world.clock.Advance(OtherTargets::kInterval);
  CHECK(LinesLost(spool->CatchUp()) == 10);
}

TEST_CASE("batches of other targets are named once, with what delivers them") {
  SpoolWorld world;
  LeaveOthers(world, 2);
  const auto spool = world.Open();
  for (int i = 0; i < 3; ++i) spool->CatchUp();
  const std::string log = world.log();
  const std::string command =
      fmt::format("mv -n '{}/{}'/*.lp.gz '{}'/", world.root.string(), kOther, world.directory().string());
  CHECK_THAT(log, Catch::Contains("20 lines") && Catch::Contains(command));
  CHECK(log.find(kOther) == log.rfind(kOther));
}

TEST_CASE("the command that delivers batches of other targets names a path with an apostrophe as a shell reads it") {
  SpoolWorld world;
  world.root = world.root.parent_path() / "it's one";
  LeaveOthers(world, 1);
  world.Open()->CatchUp();
  CHECK_THAT(world.log(), Catch::Contains("/it'\\''s one/" + std::string(kOther) + "'/*.lp.gz '"));
}

std::shared_ptr<const Batch> StampedBatch(std::int64_t wall_ns) {
  Lines lines;
  for (std::size_t i = 0; i < 10; ++i) {
    lines.bytes += SampleLine(100 + i) + "\n";
    lines.NoteLine(wall_ns);
  }
  return std::make_shared<const Batch>(std::move(lines));
}

// What is left of a batch of that stamp and two of long ago where there is room for two.
std::vector<std::int64_t> LeftBeside(SpoolWorld& world, std::int64_t wall_ns) {
  world.delivery.spool_max_bytes = world.block_bytes() * 5 / 2;
  const auto spool = world.Open();
  spool->Add(StampedBatch(wall_ns));
  for (const std::int64_t stamp : {100, 200}) spool->Add(StampedBatch(stamp));
  CHECK(LinesLost(spool->CatchUp()) == 10);
  return Drain(*spool);
}

TEST_CASE("batches of a clock that ran ahead go before all others") {
  SpoolWorld world;
  CHECK(LeftBeside(world, world.clock.WallNowNs() + 61 * kSecondNs) == std::vector<std::int64_t>{100, 200});
}

TEST_CASE("a batch that is less than a minute ahead is a fresh one") {
  SpoolWorld world;
  const std::int64_t fresh = world.clock.WallNowNs() + 59 * kSecondNs;
  CHECK(LeftBeside(world, fresh) == std::vector<std::int64_t>{200, fresh});
}

// Three batches on a file system of their own, which others leave `lacking` bytes too little of.
std::unique_ptr<DiskSpool> OpenBelowFloor(SpoolWorld& world, std::uint64_t lacking) {
  {
    const auto spool = world.Open();
    for (const std::size_t first : {100U, 200U, 300U}) spool->Add(SampleBatch(first, 10));
  }
  world.options.free_floor_bytes = FreeBytes(world.root) + lacking;
  return world.Open();
}

TEST_CASE("the free-space floor is restored at the cost of the oldest batch") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "1m");
  if (IsSkipped(disk)) return;
  const auto spool = OpenBelowFloor(world, 1);
  world.clock.Advance(SpoolRoomMaker::kDeliveryShows);
  const SpoolChanges changes = spool->CatchUp();
  REQUIRE(changes.losses.size() == 1);
  CHECK(changes.losses[0].first_wall_ns == 100);
  CHECK_THAT(changes.losses[0].reason, Catch::Contains("would stay free on its file system"));
  CHECK(Drain(*spool) == std::vector<std::int64_t>{200, 300});
}

TEST_CASE("while batches are delivered none is given up for the free-space floor alone") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "1m");
  if (IsSkipped(disk)) return;
  const auto spool = OpenBelowFloor(world, world.block_bytes() + 1);
  world.clock.Advance(SpoolRoomMaker::kDeliveryShows);
  spool->Acknowledge(spool->Next()->id);
  CHECK(spool->CatchUp().losses.empty());
  world.clock.Advance(SpoolRoomMaker::kDeliveryShows);
  CHECK(spool->CatchUp().losses.size() == 1);
}

TEST_CASE("a batch that only moved to another is none that was delivered") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "1m");
  if (IsSkipped(disk)) return;
  const auto spool = OpenBelowFloor(world, world.block_bytes() + 1);
  world.clock.Advance(SpoolRoomMaker::kDeliveryShows);
  spool->Acknowledge(spool->Next()->id, {.moved = 10});
  CHECK(spool->CatchUp().losses.size() == 1);
}

TEST_CASE("where free space shows at once, the floor holds from batch to batch") {
  constexpr std::uint64_t kFloor = 256 << 10, kPage = 4096;
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "1m");
  if (IsSkipped(disk)) return;
  world.delivery.spool_max_bytes = 1 << 30;
  world.options.free_floor_bytes = kFloor;
  world.options.free_floor_inodes.reset();
  const auto packed = std::make_shared<const std::string>(5 * kPage, 'x');
  const auto spool = world.Open();
  for (std::size_t i = 1; i <= 60; ++i) {
    CHECK(spool->Add(std::make_shared<const Batch>(SampleLines(100 * i, 10), packed)).durable);
    CHECK(FreeBytes(world.root) + kPage >= kFloor);
    world.clock.Advance(std::chrono::seconds(1));
  }
  CHECK_FALSE(spool->CatchUp().losses.empty());
}

TEST_CASE("what shows as free only later is not given up a second time") {
  constexpr std::uint64_t kFree = 1 << 30;
  SpoolWorld world;
  file_hooks::Reset();
  for (std::size_t i = 1; i <= 20; ++i) world.Open()->Add(SampleBatch(100 * i, 10));
  file_hooks::FreezeFreeSpace(kFree);
  world.options.free_floor_bytes = kFree + world.block_bytes() * 3;
  const auto spool = world.Open();
  world.clock.Advance(SpoolRoomMaker::kDeliveryShows);
  CHECK(LinesLost(spool->CatchUp()) + LinesLost(spool->CatchUp()) == 30);  // a few at a time
  for (int second = 1; second < 30; ++second) {
    world.clock.Advance(std::chrono::seconds(1));
    CHECK(spool->CatchUp().losses.empty());
  }
  spool->Add(SampleBatch(9000, 10));
  CHECK(LinesLost(spool->CatchUp()) == 10);  // for its own bytes
  world.clock.Advance(std::chrono::seconds(1));
  CHECK(LinesLost(spool->CatchUp()) == 20);  // it did not come of the first three
  file_hooks::Reset();
}

TEST_CASE("nothing is given up for a free-space floor that this cannot restore; what is new stays in memory") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "1m");
  if (IsSkipped(disk)) return;
  const auto spool = OpenBelowFloor(world, 100'000);
  CHECK_FALSE(spool->Add(SampleBatch(400, 10)).durable);
  CHECK(spool->CatchUp().losses.empty());
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 200, 300, 400});
}

}  // namespace
}  // namespace vmtelem

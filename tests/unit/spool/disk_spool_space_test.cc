// What a disk without space costs: of bytes or inodes, whoever has them, and of whatever a file system calls full.
#include <cerrno>
#include <fstream>

#include <catch2/catch.hpp>

#include "fakes/disk_conditions.h"
#include "file_hooks.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWaiting = 100;

// A spool in which batches wait, and the database takes nothing.
std::unique_ptr<DiskSpool> OpenInOutage(SpoolWorld& world) {
  file_hooks::Reset();
  auto spool = world.Open();
  for (std::size_t i = 1; i <= kWaiting; ++i) spool->Add(SampleBatch(100 * i, 10));
  world.clock.Advance(SpoolRoomMaker::kDeliveryShows);
  return spool;
}

// Adds a batch a second. The lines on the disk that were given up.
std::size_t DurableLinesLost(SpoolWorld& world, DiskSpool& spool, int seconds) {
  std::size_t lost = 0;
  for (int second = 0; second < seconds; ++second) {
    spool.Add(SampleBatch(100'000 + 100 * static_cast<std::size_t>(second), 10));
    for (const SpoolLoss& loss : spool.CatchUp().losses) lost += loss.durable ? loss.lines : 0;
    world.clock.Advance(1s);
  }
  return lost;
}

TEST_CASE(
    "half a minute in which no file can be made for want of space costs a batch per try, not per attempt to write") {
  SpoolWorld world;
  const auto spool = OpenInOutage(world);
  file_hooks::FreezeFreeSpace(1 << 30);  // whoever else writes there
  file_hooks::FailOpen(GENERATE(ENOSPC, EDQUOT));
  CHECK(DurableLinesLost(world, *spool, 30) == 3 * 10);  // at once, after 5 s, after 10 more
  CHECK(file_hooks::FailedOpens() > 30);
  file_hooks::Reset();
}

TEST_CASE("what could not be written for want of space is written when the file system takes it again") {
  SpoolWorld world;
  const auto spool = OpenInOutage(world);
  file_hooks::FailOpen(ENOSPC);
  DurableLinesLost(world, *spool, 3);
  file_hooks::Reset();
  CHECK(spool->CatchUp().persisted_lines == 30);
}

TEST_CASE("while batches are delivered none is given up for a write that fails") {
  SpoolWorld world;
  const auto spool = OpenInOutage(world);
  std::size_t lost = 0;
  for (int i = 0; i < 11; ++i) {
    spool->Acknowledge(spool->Next()->id);
    file_hooks::FailOpen(ENOSPC);
    spool->Add(SampleBatch(100'000, 10));
    lost += LinesLost(spool->CatchUp());
    file_hooks::Reset();
    world.clock.Advance(1s);
  }
  CHECK(lost == 0);
}

TEST_CASE("what is found at start is not given up for a write that fails before anything was sent") {
  SpoolWorld world;
  OpenInOutage(world);
  const auto spool = world.Open();
  file_hooks::FailOpen(ENOSPC);
  CHECK(DurableLinesLost(world, *spool, 4) == 0);
  file_hooks::Reset();
}

TEST_CASE("a batch goes for a call that lacks space, whichever it is, and the new one is written") {
  SpoolWorld world;
  const auto spool = OpenInOutage(world);
  const auto fail = GENERATE(&file_hooks::FailOpen, &file_hooks::FailFileSync, &file_hooks::FailRename,
                             &file_hooks::FailDirectorySync);
  fail(ENOSPC);
  file_hooks::AfterRemoving([] { file_hooks::Reset(); });
  CHECK(spool->Add(SampleBatch(100'000, 10)).durable);
  const SpoolChanges changes = spool->CatchUp();
  CHECK(LinesLost(changes) == 10);
  CHECK(changes.losses.at(0).first_wall_ns == 100);
}

// Of 500 inodes, 50 of which are to stay free.
constexpr std::uint64_t kInodes = 500;

std::uint64_t FreeInodes(const SpoolWorld& world) {
  struct statvfs status {};
  return ::statvfs(world.root.c_str(), &status) == 0 ? status.f_favail : 0;
}

void MakeFile(const std::filesystem::path& path) { std::ofstream{path}; }

// Takes inodes until no more than so many are free.
void FillInodes(const SpoolWorld& world, std::uint64_t free) {
  const auto folder = world.root / "of-a-neighbour";
  std::filesystem::create_directories(folder);
  for (std::uint64_t number = 0; FreeInodes(world) > free; ++number) MakeFile(folder / std::to_string(number));
}

TEST_CASE("a spool leaves a tenth of the inodes of a tiny file system free, and gives up its oldest for that") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "8m,nr_inodes=" + std::to_string(kInodes));
  if (IsSkipped(disk)) return;
  world.delivery.spool_max_bytes = 1 << 30;
  world.options.free_floor_bytes = 0;
  world.options.free_floor_inodes.reset();
  const auto spool = world.Open();
  constexpr std::size_t kApart = 4'000'000'000'000;  // so that they are not joined
  std::size_t lost = 0;
  for (std::size_t i = 1; i <= 600; ++i) {
    spool->Add(SampleBatch(kApart * i, 10));
    lost += LinesLost(spool->CatchUp());
    spool->Tidy();
  }
  lost += LinesLost(spool->CatchUp());
  CHECK(FreeInodes(world) == kInodes / 10);
  CHECK(lost + spool->stats().lines == 6000);
  CHECK(spool->stats().durable);
  CHECK(Drain(*spool).back() == kApart * 600);
}

TEST_CASE("before a batch goes for an inode small ones are joined: a tiny file system holds many times as many") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "8m,nr_inodes=" + std::to_string(kInodes));
  if (IsSkipped(disk)) return;
  world.delivery.spool_max_bytes = 1 << 30;
  world.options.free_floor_bytes = 0;
  world.options.free_floor_inodes.reset();
  const auto spool = world.Open();
  for (std::size_t i = 1; i <= 3'000; ++i) {
    spool->Add(SampleBatch(100 * i, 10));
    CHECK(spool->CatchUp().losses.empty());
    spool->Tidy();
  }
  CHECK(FreeInodes(world) >= kInodes / 10);
  CHECK(spool->stats().lines == 30'000);
  CHECK(spool->stats().durable);
}

TEST_CASE("nothing is given up for a floor of inodes that this cannot restore; what is new stays in memory") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "8m,nr_inodes=" + std::to_string(kInodes));
  if (IsSkipped(disk)) return;
  const auto spool = world.Open();
  for (std::size_t i = 1; i <= 20; ++i) spool->Add(SampleBatch(100 * i, 10));
  FillInodes(world, 10);
  world.options.free_floor_inodes.reset();
  const auto other = world.Open("v3_other");  // has nothing to give up
  CHECK_FALSE(other->Add(SampleBatch(9000, 10)).durable);
  CHECK_THAT(world.log(), Catch::Contains("less than 50 inodes would stay free on its file system"));
}

TEST_CASE("a floor that others went below is restored a few batches at a time") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "8m,nr_inodes=" + std::to_string(kInodes));
  if (IsSkipped(disk)) return;
  world.options.free_floor_inodes.reset();
  const auto spool = OpenInOutage(world);
  FillInodes(world, 20);
  CHECK(LinesLost(spool->CatchUp()) == 10);
  CHECK(LinesLost(spool->CatchUp()) == 20);
  for (int i = 0; i < 5; ++i) spool->CatchUp();
  CHECK(FreeInodes(world) == kInodes / 10);
}

// Somebody takes each inode that becomes free, at once or a moment later.
TEST_CASE("half a minute in which somebody takes each inode that becomes free costs a batch per try") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "8m,nr_inodes=" + std::to_string(kInodes));
  if (IsSkipped(disk)) return;
  const bool has_floor = GENERATE(true, false);
  if (has_floor) world.options.free_floor_inodes.reset();
  const auto spool = OpenInOutage(world);
  const auto folder = world.root / "of-a-neighbour";
  FillInodes(world, 0);
  int taken = 0;
  file_hooks::AfterRemoving([&] { MakeFile(folder / ("taken-" + std::to_string(taken++))); });
  CHECK(DurableLinesLost(world, *spool, 30) == 3 * 10);
  CHECK(taken == 3);
  file_hooks::Reset();
}

TEST_CASE("somebody who takes what has become free between two looks gets no more than a batch per try") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "8m,nr_inodes=" + std::to_string(kInodes));
  if (IsSkipped(disk)) return;
  world.options.free_floor_inodes.reset();
  const auto spool = OpenInOutage(world);
  std::size_t lost = 0;
  for (int second = 0; second < 30; ++second) {
    FillInodes(world, 20);
    lost += LinesLost(spool->CatchUp());
    world.clock.Advance(1s);
  }
  CHECK(lost <= 6 * 10);
}

struct FullDisk {
  void (*begin)();
  const char* reason;
};

// By what it says when it is written to, or by what it says is free.
TEST_CASE("beside a full disk memory drops what is newest") {
  SpoolWorld world;
  world.delivery.queue_max_bytes = 2 * (3 * SampleLines(0, 10).bytes.size());
  world.options.free_floor_bytes = 1 << 20;
  const auto spool = OpenInOutage(world);
  const FullDisk full = GENERATE(FullDisk{[] { file_hooks::FailOpen(ENOSPC); }, "No space left on device"},
                                 FullDisk{[] { file_hooks::FreezeFreeSpace(0); }, "1MiB would stay free"});
  full.begin();
  std::vector<SpoolLoss> of_memory;
  for (std::size_t i = 0; i < 5; ++i) {
    spool->Add(SampleBatch(100'000 + 100 * i, 10));
    for (const SpoolLoss& loss : spool->CatchUp().losses) {
      if (!loss.durable) of_memory.push_back(loss);
    }
  }
  file_hooks::Reset();
  REQUIRE(of_memory.size() > 1);
  CHECK(of_memory.back().first_wall_ns == 100'400);
  CHECK_THAT(of_memory.back().reason, Catch::Contains(full.reason));
  CHECK(spool->CatchUp().persisted_lines == 10 * (5 - of_memory.size()));
  std::int64_t newest = 0;
  while (const auto next = spool->Next()) newest = next->batch->last_wall_ns();
  CHECK(newest == static_cast<std::int64_t>(100'409 - 100 * of_memory.size()));
}

TEST_CASE("the bound is one of disk space: a file of a few bytes counts as its block") {
  SpoolWorld world;
  world.delivery.spool_max_bytes = 10 * world.block_bytes();
  const auto spool = world.Open();
  for (std::size_t i = 1; i <= 30; ++i) CHECK(spool->Add(SampleBatch(100 * i, 1)).durable);
  CHECK(world.BatchFiles().size() == 10);
  CHECK(spool->stats().bytes == 10 * world.block_bytes());
}

TEST_CASE("nothing is given up for a batch that would not fit all the same") {
  SpoolWorld world;
  world.delivery.spool_max_bytes = 3 * world.block_bytes();
  const auto spool = world.Open();
  for (std::size_t i = 1; i <= 3; ++i) spool->Add(SampleBatch(100 * i, 10));
  const auto packed = std::make_shared<const std::string>(4 * world.block_bytes(), 'x');
  CHECK_FALSE(spool->Add(std::make_shared<const Batch>(SampleLines(400, 10), packed)).durable);
  CHECK(spool->CatchUp().losses.empty());
}

}  // namespace
}  // namespace vmtelem

#include <cerrno>
#include <fstream>

#include <catch2/catch.hpp>

#include "fakes/disk_conditions.h"
#include "file_hooks.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

// What does not compress: `count` lines of noise, about 45 bytes each on disk.
std::shared_ptr<const Batch> NoiseBatch(std::uint64_t first, std::size_t count) {
  Lines lines;
  std::uint64_t noise = 0x9E3779B97F4A7C15U * (first + 1);
  for (std::size_t i = 0; i < count; ++i) {
    lines.bytes += "m v=\"";
    for (int k = 0; k < 60; ++k) {
      noise = noise * 6364136223846793005U + 1442695040888963407U;
      lines.bytes += static_cast<char>('0' + (noise >> 58U));
    }
    lines.bytes += "\"\n";
    lines.NoteLine(static_cast<std::int64_t>(first + i));
  }
  return std::make_shared<const Batch>(std::move(lines));
}

std::size_t Occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("a root that cannot be used does not stop anything: batches are kept in memory") {
  SpoolWorld world;
  WriteFileBytes(world.root, "a file");
  const auto spool = world.Open();
  CHECK_FALSE(spool->stats().durable);
  CHECK_FALSE(spool->Add(SampleBatch(0, 3)).durable);
  CHECK(spool->stats().lines == 3);
  const auto next = spool->Next();
  REQUIRE(next);
  CHECK_FALSE(next->durable);
  CHECK(next->batch->gzip());
  CHECK_THAT(world.log(), Catch::Contains("cannot write to the spool") && Catch::Contains("Not a directory") &&
                              Catch::Contains("32MiB of memory are used instead"));
}

TEST_CASE("a spool that becomes usable takes what memory held, and finds what was there") {
  SpoolWorld world;
  world.Open()->Add(SampleBatch(100, 4));
  std::filesystem::rename(world.root, world.root.string() + "-away");
  WriteFileBytes(world.root, "a file");
  const auto spool = world.Open();
  const auto kept = spool->Add(SampleBatch(0, 3));
  std::filesystem::remove(world.root);
  std::filesystem::rename(world.root.string() + "-away", world.root);
  const SpoolChanges changes = spool->CatchUp();
  CHECK(changes.recovered_lines == 4);
  CHECK(changes.persisted_lines == 3);
  CHECK(spool->stats().durable);
  CHECK(world.BatchFiles().size() == 2);
  const auto taken = spool->Take(kept.id);
  REQUIRE(taken);
  CHECK(taken->durable);
  CHECK_THAT(world.log(), Catch::Contains("takes batches again"));
}

TEST_CASE("a batch of which a sync fails is in memory, leaves no file, and is written anew later") {
  SpoolWorld world;
  file_hooks::Reset();
  const auto spool = world.Open();
  const auto fail = GENERATE(&file_hooks::FailFileSync, &file_hooks::FailDirectorySync);
  fail(EIO);
  CHECK_FALSE(spool->Add(SampleBatch(0, 3)).durable);
  CHECK(spool->CatchUp().persisted_lines == 0);
  CHECK(world.BatchFiles().empty());
  file_hooks::Reset();
  CHECK(spool->CatchUp().persisted_lines == 3);
  CHECK(spool->CatchUp().persisted_lines == 0);
  CHECK(Drain(*world.Open("v3_other")).empty());
  CHECK(Drain(*spool) == std::vector<std::int64_t>{0});
  CHECK(world.BatchFiles().empty());
}

TEST_CASE("a trouble is told once, not with every batch, however long it lasts") {
  SpoolWorld world;
  WriteFileBytes(world.root, "a file");
  const auto spool = world.Open();
  for (std::size_t i = 0; i < 5; ++i) {
    spool->Add(SampleBatch(i, 1));
    spool->CatchUp();
    world.clock.Advance(std::chrono::minutes(1));
  }
  CHECK(Occurrences(world.log(), "cannot write to the spool") == 1);
}

TEST_CASE("a trouble that is over is noticed also when memory holds nothing that could be written") {
  SpoolWorld world;
  WriteFileBytes(world.root, "a file");
  const auto spool = world.Open();
  REQUIRE(spool->Take(spool->Add(SampleBatch(100, 3)).id));
  spool->CatchUp();
  CHECK_FALSE(spool->stats().durable);
  std::filesystem::remove(world.root);
  spool->CatchUp();
  CHECK(spool->stats().durable);
  CHECK(Occurrences(world.log(), "takes batches again") == 0);
  CHECK(spool->Add(SampleBatch(200, 3)).durable);
  CHECK(Occurrences(world.log(), "takes batches again") == 1);
}

TEST_CASE("a disk that works every other time does not fill the log, which says in the end how it is") {
  SpoolWorld world;
  file_hooks::Reset();
  const auto spool = world.Open();
  for (std::size_t i = 0; i < 5; ++i) {
    file_hooks::FailFileSync(EIO);
    spool->Add(SampleBatch(i, 1));
    file_hooks::Reset();
    spool->CatchUp();
  }
  file_hooks::FailFileSync(ENOSPC);
  spool->Add(SampleBatch(9, 1));
  CHECK(Occurrences(world.log(), "cannot write to the spool") == 1);
  CHECK(Occurrences(world.log(), "takes batches again") == 1);
  world.clock.Advance(std::chrono::minutes(1));
  spool->Add(SampleBatch(10, 1));
  file_hooks::Reset();
  CHECK(Occurrences(world.log(), "No space left on device") == 1);
}

TEST_CASE("memory is a ring: the oldest batches are given up first, and counted as not durable") {
  SpoolWorld world;
  WriteFileBytes(world.root, "a file");
  world.delivery.queue_max_bytes = 2 * (3 * SampleLines(0, 10).bytes.size());
  const auto spool = world.Open();
  for (std::size_t i = 0; i < 5; ++i) spool->Add(SampleBatch(100 * (i + 1), 10));
  const SpoolChanges changes = spool->CatchUp();
  REQUIRE_FALSE(changes.losses.empty());
  CHECK(changes.losses[0].first_wall_ns == 100);
  CHECK_FALSE(changes.losses[0].durable);
  CHECK_THAT(changes.losses[0].reason, Catch::Contains("Not a directory"));
  CHECK(spool->stats().bytes <= world.delivery.spool_memory_bytes());
  CHECK(LinesLost(changes) + spool->stats().lines == 50);
  CHECK(Drain(*spool).back() == 500);
}

TEST_CASE("a batch that is in memory and handed out is acknowledged like any other") {
  SpoolWorld world;
  WriteFileBytes(world.root, "a file");
  const auto spool = world.Open();
  const auto id = spool->Add(SampleBatch(0, 3)).id;
  REQUIRE(spool->Take(id));
  CHECK(spool->stats().memory_batches == 1);
  CHECK(spool->stats().memory_bytes >= SampleLines(0, 3).bytes.size());
  std::filesystem::remove(world.root);
  CHECK(spool->CatchUp().persisted_lines == 0);
  spool->Acknowledge(id);
  CHECK(spool->stats().lines == 0);
  CHECK(spool->stats().bytes == 0);
}

TEST_CASE("a file that may not grow that large is like a full disk") {
  SpoolWorld world;
  const auto spool = world.Open();
  {
    const FileSizeLimit limit(100);
    CHECK(spool->Add(SampleBatch(0, 2)).durable);
    CHECK_FALSE(spool->Add(NoiseBatch(100, 50)).durable);
    CHECK_THAT(world.log(), Catch::Contains("File too large"));
  }
  CHECK(spool->CatchUp().persisted_lines == 50);
  CHECK(NamesIn(world.directory()).size() == 3);  // two batches and the lock
  CHECK(Drain(*spool) == std::vector<std::int64_t>{0, 100});
}

TEST_CASE("a disk full of other things: memory takes over, and gives back when there is room") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "256k");
  if (IsSkipped(disk)) return;
  const auto spool = world.Open();
  REQUIRE(spool->Add(NoiseBatch(1, 10)).durable);
  { std::ofstream(world.root / "other") << std::string(kMillion, 'x'); }
  CHECK_FALSE(spool->Add(NoiseBatch(100, 200)).durable);
  CHECK_THAT(world.log(), Catch::Contains("No space left on device"));
  CHECK(LinesLost(spool->CatchUp()) == 0);
  std::filesystem::remove(world.root / "other");
  CHECK(spool->CatchUp().persisted_lines == 200);
  CHECK(spool->Add(NoiseBatch(400, 10)).durable);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{1, 100, 400});
}

TEST_CASE("a disk full of our own batches gives up the oldest, and every line is accounted for") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "256k");
  if (IsSkipped(disk)) return;
  world.delivery.spool_max_bytes = 1 << 30;
  const auto spool = world.Open();
  world.clock.Advance(SpoolRoomMaker::kDeliveryShows);
  std::size_t lost = 0;
  for (std::uint64_t i = 1; i <= 60; ++i) {
    CHECK(spool->Add(NoiseBatch(1000 * i, 200)).durable);
    lost += LinesLost(spool->CatchUp());
  }
  CHECK((lost > 0 && lost + spool->stats().lines == 60 * 200));
  const auto left = Drain(*spool);
  CHECK(left.back() == 60'000);
  CHECK(left.size() == static_cast<std::size_t>((left.back() - left.front()) / 1000 + 1));
}

TEST_CASE("a file system that becomes read-only: nothing is lost, and it goes on when it is writable again") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "1m");
  if (IsSkipped(disk)) return;
  const auto spool = world.Open();
  const auto sent = spool->Add(SampleBatch(100, 3)).id;
  spool->Add(SampleBatch(200, 3));
  REQUIRE(disk.SetReadOnly(true));
  CHECK_FALSE(spool->Add(SampleBatch(300, 3)).durable);
  REQUIRE(spool->Take(sent));
  spool->Acknowledge(sent);
  spool->CatchUp();
  CHECK_THAT(world.log(), Catch::Contains("Read-only file system"));
  REQUIRE(disk.SetReadOnly(false));
  const SpoolChanges changes = spool->CatchUp();
  CHECK(changes.persisted_lines == 3);
  CHECK(changes.recovered_lines == 0);
  CHECK(world.BatchFiles().size() == 2);  // what was acknowledged meanwhile is gone
  CHECK(Drain(*spool) == std::vector<std::int64_t>{200, 300});
}

TEST_CASE("what was acknowledged while its file could not be removed does not come back") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "1m");
  if (IsSkipped(disk)) return;
  file_hooks::Reset();
  file_hooks::FailInotify(EMFILE);  // so that the directory is listed again
  const auto spool = world.Open();
  const auto sent = spool->Add(SampleBatch(100, 3)).id;
  REQUIRE(spool->Take(sent));
  REQUIRE(disk.SetReadOnly(true));
  spool->Acknowledge(sent);
  world.clock.Advance(DirectoryWatch::kInterval);
  CHECK(spool->CatchUp().recovered_lines == 0);
  file_hooks::Reset();
  CHECK_FALSE(spool->Next());
}

TEST_CASE("a directory without write permission: memory takes over until it is back") {
  SpoolWorld world;
  const PlainUser user(world.root.parent_path());
  const auto spool = world.Open();
  std::filesystem::permissions(world.directory(), std::filesystem::perms(0500));
  CHECK_FALSE(spool->Add(SampleBatch(0, 3)).durable);
  CHECK_THAT(world.log(), Catch::Contains("Permission denied"));
  std::filesystem::permissions(world.directory(), std::filesystem::perms(0700));
  CHECK(spool->CatchUp().persisted_lines == 3);
}

TEST_CASE("a file that may not be read stays, holds nobody up, and is tried again") {
  SpoolWorld world;
  const PlainUser user(world.root.parent_path());
  for (const std::size_t first : {100U, 200U}) world.Open()->Add(SampleBatch(first, 3));
  const auto locked = world.directory() / world.BatchFiles().at(0);
  std::filesystem::permissions(locked, std::filesystem::perms(0));
  const auto spool = world.Open();
  CHECK(Drain(*spool) == std::vector<std::int64_t>{200});
  CHECK(spool->CatchUp().losses.empty());
  CHECK(spool->stats().lines == 3);
  CHECK_THAT(world.log(), Catch::Contains(locked.string() + " cannot be read: Permission denied"));
  std::filesystem::permissions(locked, std::filesystem::perms(0600));
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100});
}

TEST_CASE("a directory that somebody removes is made again, and what was in it is named as lost") {
  SpoolWorld world;
  const auto spool = world.Open();
  spool->Add(SampleBatch(100, 3));
  spool->Add(SampleBatch(200, 3));
  std::filesystem::remove_all(world.root);
  CHECK(spool->Add(SampleBatch(300, 3)).durable);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{300});
  CHECK(LinesLost(spool->CatchUp()) == 6);
}

TEST_CASE("a rejected line that cannot be kept is no fault of the spool, and is told once") {
  SpoolWorld world;
  const auto spool = world.Open();
  WriteFileBytes(world.directory() / "rejected", "a file");
  for (int i = 0; i < 3; ++i) spool->KeepRejected("m v=1i 1", "too old");
  CHECK(Occurrences(world.log(), "cannot keep a rejected line") == 1);
  CHECK(spool->Add(SampleBatch(0, 3)).durable);
}

}  // namespace
}  // namespace vmtelem

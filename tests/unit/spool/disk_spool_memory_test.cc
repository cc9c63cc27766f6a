// What only memory held while the disk was away goes to the disk in few files, for each costs two syncs.
#include <algorithm>
#include <cerrno>

#include <catch2/catch.hpp>

#include "fakes/disk_conditions.h"
#include "file_hooks.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

// A spool whose disk takes nothing until Mend().
class MemoryWorld : public SpoolWorld {
 public:
  MemoryWorld() {
    file_hooks::Reset();
    spool = Open();
    file_hooks::FailFileSync(EIO);
  }
  ~MemoryWorld() { file_hooks::Reset(); }
  MemoryWorld(const MemoryWorld&) = delete;
  MemoryWorld& operator=(const MemoryWorld&) = delete;

  void AddSmall(std::size_t batches, std::size_t lines) const {
    for (std::size_t i = 0; i < batches; ++i) spool->Add(SampleBatch(i * lines, lines));
  }
  // With so many bytes of text.
  void AddLong(std::int64_t stamp, std::size_t bytes) const {
    Lines lines{"m v=\"" + std::string(bytes, 'x') + "\"\n", 1, stamp, stamp};
    spool->Add(std::make_shared<const Batch>(std::move(lines)));
  }
  SpoolChanges Mend() const {
    file_hooks::Reset();
    return spool->CatchUp();
  }
  static std::size_t FilesSynced() {
    const auto& calls = file_hooks::Calls();
    return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), "sync file"));
  }

  std::unique_ptr<DiskSpool> spool;
};

TEST_CASE("a thousand small batches that only memory held are written as a handful of files") {
  MemoryWorld world;
  world.AddSmall(1'000, 12);
  CHECK(world.Mend().persisted_lines == 12'000);
  CHECK(MemoryWorld::FilesSynced() == 2);
  CHECK(world.BatchFiles().size() == 2);
}

TEST_CASE("what memory held and the disk has now counts as it is there, and is handed out as durable, in order") {
  MemoryWorld world;
  world.AddSmall(20, 10);
  world.Mend();
  const SpoolStats stats = world.spool->stats();
  CHECK((stats.batches == 1 && stats.lines == 200));
  CHECK((stats.memory_batches == 0 && stats.memory_bytes == 0));
  const auto next = world.spool->Next();
  REQUIRE(next);
  CHECK(next->durable);
  CHECK(next->batch->bytes() == SampleLines(0, 200).bytes);
}

TEST_CASE("what memory held and was written as one file is found by the next process") {
  MemoryWorld world;
  world.AddSmall(20, 10);
  world.Mend();
  world.spool = world.Open();
  CHECK(world.spool->CatchUp().recovered_lines == 200);
  CHECK(world.spool->Next()->batch->bytes() == SampleLines(0, 200).bytes);
}

TEST_CASE("a file of what memory held has no more lines than a batch that is sealed") {
  MemoryWorld world;
  world.AddSmall(5, 3'000);
  world.Mend();
  CHECK(world.spool->Next()->batch->line_count() == 9'000);
  CHECK(world.spool->Next()->batch->line_count() == 6'000);
}

TEST_CASE("a file of what memory held has no more text than a batch that is sealed") {
  MemoryWorld world;
  for (std::int64_t i = 0; i < 5; ++i) world.AddLong(i, 1'300'000);
  world.Mend();
  CHECK(world.spool->Next()->batch->line_count() == 3);
  CHECK(world.spool->Next()->batch->line_count() == 2);
}

TEST_CASE("batches of memory whose stamps are hours apart do not become one file") {
  MemoryWorld world;
  world.AddLong(0, 10);
  world.AddLong(2 * JoinLimits().max_gap_ns, 10);
  world.Mend();
  CHECK(world.BatchFiles().size() == 2);
}

TEST_CASE("a batch of memory that was handed out is no part of a file") {
  MemoryWorld world;
  world.AddSmall(3, 10);
  const auto sent = world.spool->Next();
  CHECK(world.Mend().persisted_lines == 20);
  world.spool->Acknowledge(sent->id);
  CHECK(Drain(*world.spool) == std::vector<std::int64_t>{10});
}

TEST_CASE("joined batches of memory that the disk does not take stay what they are, in memory") {
  MemoryWorld world;
  world.AddSmall(20, 10);
  CHECK(world.spool->CatchUp().persisted_lines == 0);
  CHECK(world.spool->stats().memory_batches == 20);
  CHECK(world.BatchFiles().empty());
}

TEST_CASE("where there is space for a small file and not for a large one, as many of memory as fit are written alone") {
  MemoryWorld world;
  const SmallFileSystem disk(world.root, "1m");
  if (IsSkipped(disk)) return;
  world.delivery.spool_max_bytes = 1 << 30;
  world.spool = world.Open();
  world.AddSmall(10, 1'000);
  const auto full = world.root / "full";
  WriteFileBytes(full, std::string(std::filesystem::space(world.root).available, 'x'));
  std::filesystem::resize_file(full, std::filesystem::file_size(full) - 3 * world.block_bytes());
  world.spool->Acknowledge(world.spool->Next()->id);
  CHECK(world.Mend().persisted_lines == 3'000);  // a block for each thousand
}

}  // namespace
}  // namespace vmtelem

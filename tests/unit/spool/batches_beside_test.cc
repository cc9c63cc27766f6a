#include "spool/batches_beside.h"

#include <catch2/catch.hpp>

#include "spool_world.h"

// A service that adds to a directory while another process delivers from it.
namespace vmtelem {
namespace {

constexpr std::size_t kHeld = BatchesBeside::kMostHeld;

// Two spools on one directory: the first delivers, the second is a service that adds to it meanwhile.
struct TwoSpools {
  // Batches of ten lines each.
  void AddToSecond(std::size_t batches) const {
    for (std::size_t i = 0; i < batches; ++i) second->Add(SampleBatch(1000 + 10 * i, 10));
  }

  SpoolWorld world;
  std::unique_ptr<DiskSpool> first = world.Open(), second = world.Open(SpoolWorld::kTarget, SpoolRole::kService);
};

TEST_CASE("what is added beside a process that delivers is durable, and is told when that has settled it") {
  TwoSpools spools;
  CHECK(spools.second->Add(SampleBatch(200, 10)).durable);
  spools.first->CatchUp();
  spools.first->Acknowledge(spools.first->Next()->id, {.rejected = 4});
  const SpoolChanges changes = spools.second->CatchUp();
  CHECK(changes.written_lines == 6);
  CHECK(changes.rejected_lines == 4);
  CHECK(changes.losses.empty());
  CHECK(spools.second->stats().batches == 0);
}

TEST_CASE("what was added beside a process that has ended since is handed out, and what it settled is not lost") {
  TwoSpools spools;
  spools.second->Add(SampleBatch(200, 10));
  spools.second->Add(SampleBatch(300, 10));
  spools.first->CatchUp();
  spools.first->Acknowledge(spools.first->Next()->id);
  spools.first.reset();
  const SpoolChanges changes = spools.second->CatchUp();
  CHECK(changes.written_lines == 10);
  CHECK(changes.recovered_lines == 0);
  CHECK(changes.released);
  CHECK(Drain(*spools.second) == std::vector<std::int64_t>{300});
}

TEST_CASE("what was added beside another process and removed by somebody is lost, and named") {
  TwoSpools spools;
  spools.second->Add(SampleBatch(200, 10));
  std::filesystem::remove(spools.world.directory() / spools.world.BatchFiles().at(0));
  const SpoolChanges changes = spools.second->CatchUp();
  REQUIRE(changes.losses.size() == 1);
  CHECK(changes.losses[0].lines == 10);
  CHECK_THAT(changes.losses[0].reason, Catch::Contains(spools.world.directory().string()));
}

TEST_CASE("of any number of batches that were added beside another process it is told what became of them") {
  TwoSpools spools;
  constexpr std::size_t kMany = 3 * kHeld;
  spools.AddToSecond(kMany);
  spools.first->CatchUp();
  std::size_t settled = 0, written = 0;
  while (const auto next = spools.first->Next()) {
    spools.first->Acknowledge(next->id);
    if (++settled % kHeld != 0) continue;
    const SpoolChanges changes = spools.second->CatchUp();
    written += changes.written_lines;
    CHECK(changes.losses.empty());
  }
  CHECK(written == 10 * kMany);
}

TEST_CASE("what was settled before its file was held open is handed over, and neither lost nor waiting") {
  TwoSpools spools;
  spools.AddToSecond(kHeld + 100);
  spools.first->CatchUp();
  Drain(*spools.first);
  const bool has_ended = GENERATE(false, true);
  if (has_ended) spools.first.reset();
  const SpoolChanges changes = spools.second->CatchUp();
  CHECK(changes.written_lines == 10 * kHeld);
  CHECK(changes.handed_over_lines == 1000);
  CHECK(changes.losses.empty());
  CHECK(spools.second->stats().lines == 0);
}

TEST_CASE("lines that another process keeps in a batch of its own are handed over") {
  TwoSpools spools;
  spools.second->Add(SampleBatch(200, 10));
  spools.first->CatchUp();
  spools.first->Acknowledge(spools.first->Next()->id, {.moved = 4});
  const SpoolChanges changes = spools.second->CatchUp();
  CHECK(changes.written_lines == 6);
  CHECK(changes.handed_over_lines == 4);
  CHECK(spools.second->stats().lines == 0);
}

TEST_CASE("what another process has joined is handed over, and recovered by who delivers next") {
  TwoSpools spools;
  spools.world.options.few_files = 10;
  spools.first.reset();
  spools.first = spools.world.Open();
  spools.second->CatchUp();
  REQUIRE(spools.first->stats().batches == 0);
  spools.AddToSecond(kHeld + 100);
  spools.world.clock.Advance(BatchJoiner::kPause);
  for (int i = 0; i < 10; ++i) {
    spools.first->CatchUp();
    spools.first->Tidy();
  }
  REQUIRE(spools.world.BatchFiles().size() < kHeld + 50);
  spools.first.reset();
  const SpoolChanges changes = spools.second->CatchUp();
  CHECK(changes.handed_over_lines > 0);
  CHECK(changes.handed_over_lines == changes.recovered_lines);
  CHECK(changes.losses.empty());
  CHECK(spools.second->stats().lines == 10 * (kHeld + 100));
}

TEST_CASE("what another process delivered after it took the lock away is known, and not lost") {
  TwoSpools spools;
  for (const std::size_t first : {100U, 200U}) spools.first->Add(SampleBatch(first, 3));
  std::filesystem::remove(spools.world.directory() / "lock");
  spools.second->CatchUp();
  spools.first->CatchUp();
  Drain(*spools.second);
  spools.second.reset();
  const SpoolChanges changes = spools.first->CatchUp();
  CHECK(changes.written_lines == 6);
  CHECK_FALSE(spools.first->Next());
  CHECK(spools.first->CatchUp().losses.empty());
}

TEST_CASE("what was added beside another process is away with its directory, and is settled when that is back") {
  TwoSpools spools;
  const std::string root = spools.world.root.string();
  spools.AddToSecond(kHeld + 100);
  std::filesystem::rename(root, root + "-away");
  SpoolChanges changes = spools.second->CatchUp();
  CHECK(changes.losses.empty());
  CHECK(changes.handed_over_lines == 0);
  CHECK(spools.second->stats().lines == 10 * (kHeld + 100));
  std::filesystem::rename(root, root + "-meanwhile");
  std::filesystem::rename(root + "-away", root);
  spools.first->CatchUp();
  Drain(*spools.first);
  spools.first.reset();
  changes = spools.second->CatchUp();
  CHECK(changes.losses.empty());
  CHECK(changes.written_lines == 10 * kHeld);
  CHECK(changes.handed_over_lines == 1000);
}

}  // namespace
}  // namespace vmtelem

#include "ship/awaited_batch.h"

#include <catch2/catch.hpp>

#include "ship/batches_beside.h"
#include "ship/durable_file.h"
#include "ship/leave_in_spool.h"
#include "ship/settled_file.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

// A spool that delivers, and a batch of ten lines that another process has left in it and waits for.
struct AwaitedWorld {
  AwaitedWorld() : left(LeaveInSpool(spools.root, SpoolWorld::kTarget, *SampleBatch(100, 10)).value()) {
    spool->TakeChanges();
  }
  [[nodiscard]] std::optional<BatchOutcome> Look() const { return left.batch.Look(left.directory); }
  [[nodiscard]] std::filesystem::path file() const { return spools.directory() / FormatSpoolName(left.batch.name()); }

  SpoolWorld spools;
  std::unique_ptr<DiskSpool> spool = spools.Open();
  LeftInSpool left;
};

TEST_CASE("nothing is known of a batch that waits, or is handed out") {
  AwaitedWorld world;
  CHECK_FALSE(world.Look());
  const auto next = world.spool->Next();
  REQUIRE(next);
  CHECK_FALSE(world.Look());
}

TEST_CASE("who waits for a batch learns how many of its lines are stored, rejected and moved to another batch") {
  AwaitedWorld world;
  world.spool->Acknowledge(world.spool->Next()->id, {.rejected = 3, .moved = 2});
  const auto outcome = world.Look();
  REQUIRE(outcome);
  CHECK(outcome->written == 5);
  CHECK(outcome->rejected == 3);
  CHECK(outcome->waiting == 2);
  CHECK(outcome->dropped == 0);
  CHECK(NamesIn(world.spools.directory()) == std::set<std::string>{"lock"});
}

TEST_CASE("who waits for a batch learns that it was dropped, and why") {
  AwaitedWorld world;
  world.spools.options.limits.max_bytes = 1;
  world.spool.reset();
  world.spool = world.spools.Open();
  world.spool->TakeChanges();
  const auto outcome = world.Look();
  REQUIRE(outcome);
  CHECK(outcome->dropped == 10);
  CHECK(outcome->reason == "the spool is full");
}

TEST_CASE("who waits for a batch learns that it was damaged") {
  AwaitedWorld world;
  WriteFileBytes(world.file(), "no batch");
  CHECK_FALSE(world.spool->Next());
  const auto outcome = world.Look();
  REQUIRE(outcome);
  CHECK(outcome->dropped == 10);
  CHECK_THAT(outcome->reason, Catch::Contains("damaged"));
}

TEST_CASE("a batch that somebody removed, or replaced, is no batch that was stored") {
  AwaitedWorld world;
  SECTION("removed") { std::filesystem::remove(world.file()); }
  SECTION("with the whole spool") { std::filesystem::remove_all(world.spools.root); }
  SECTION("replaced") {
    WriteFileBytes(world.spools.root / "other", "another");
    std::filesystem::rename(world.spools.root / "other", world.file());
  }
  const auto outcome = world.Look();
  REQUIRE(outcome);
  CHECK(outcome->dropped == 10);
}

TEST_CASE("a batch waits as long as the spool that holds it is moved away") {
  AwaitedWorld world;
  std::filesystem::rename(world.spools.root, world.spools.root.string() + ".away");
  CHECK_FALSE(world.Look());
}

TEST_CASE("a batch whose settling was broken off waits again, and is no file that is left unfinished") {
  AwaitedWorld world;
  const std::string name = world.file().filename();
  std::filesystem::rename(world.file(), world.spools.directory() / UnfinishedName(name));
  CHECK_FALSE(world.Look());
  CHECK(RemoveUnfinished(world.left.directory) == 0);
  world.left.batch.Restore(world.left.directory);
  CHECK(std::filesystem::exists(world.file()));
}

TEST_CASE("what was noted for nobody who is left is removed at the next start") {
  AwaitedWorld world;
  std::filesystem::rename(world.file(), world.spools.directory() / UnfinishedName(world.file().filename().string()));
  { const LeftInSpool ended = std::move(world.left); }
  world.spool.reset();
  CHECK(world.spools.Open()->TakeChanges().recovered_lines == 0);
  CHECK(NamesIn(world.spools.directory()) == std::set<std::string>{"lock"});
}

TEST_CASE("an outcome that does not add up to the batch is not believed") {
  AwaitedWorld world;
  RemoveSettled(world.left.directory, world.file().filename(), {.written = 9});
  const auto outcome = world.Look();
  REQUIRE(outcome);
  CHECK(outcome->dropped == 10);
}

TEST_CASE("an outcome that was written down reads as the same, and nothing else reads as one") {
  const auto read = ParseBatchOutcome(
      FormatBatchOutcome({.written = 1, .rejected = 2, .dropped = 3, .waiting = 4, .reason = "a b=c"}) + "rest");
  REQUIRE(read);
  CHECK(read->written == 1);
  CHECK(read->rejected == 2);
  CHECK(read->dropped == 3);
  CHECK(read->waiting == 4);
  CHECK(read->reason == "a b=c");
  const auto* const other = GENERATE("", "\n", "vmtelem-outcome written=1 rejected=2 dropped=3 waiting=4 reason=",
                                     "vmtelem-outcome written=x rejected=2 dropped=3 waiting=4 reason=\n");
  CHECK_FALSE(ParseBatchOutcome(other));
}

// Two spools on one directory: the first delivers, the second is a service that adds to it meanwhile.
struct TwoSpools {
  SpoolWorld world;
  std::unique_ptr<DiskSpool> first = world.Open(), second = world.Open(SpoolWorld::kTarget, SpoolRole::kService);
};

TEST_CASE("what is added beside a process that delivers is durable, and is told when that has settled it") {
  TwoSpools spools;
  CHECK(spools.second->Add(SampleBatch(200, 10)).durable);
  spools.first->TakeChanges();
  spools.first->Acknowledge(spools.first->Next()->id, {.rejected = 4});
  const SpoolChanges changes = spools.second->TakeChanges();
  CHECK(changes.written_lines == 6);
  CHECK(changes.rejected_lines == 4);
  CHECK(changes.losses.empty());
  CHECK(spools.second->stats().batches == 0);
}

TEST_CASE("what was added beside a process that has ended since is handed out, and what it settled is not lost") {
  TwoSpools spools;
  spools.second->Add(SampleBatch(200, 10));
  spools.second->Add(SampleBatch(300, 10));
  spools.first->TakeChanges();
  spools.first->Acknowledge(spools.first->Next()->id);
  spools.first.reset();
  const SpoolChanges changes = spools.second->TakeChanges();
  CHECK(changes.written_lines == 10);
  CHECK(changes.recovered_lines == 0);
  CHECK(changes.released);
  CHECK(Drain(*spools.second) == std::vector<std::int64_t>{300});
}

TEST_CASE("what was added beside another process and removed by somebody is lost, and named") {
  TwoSpools spools;
  spools.second->Add(SampleBatch(200, 10));
  std::filesystem::remove(spools.world.directory() / spools.world.BatchFiles().at(0));
  const SpoolChanges changes = spools.second->TakeChanges();
  REQUIRE(changes.losses.size() == 1);
  CHECK(changes.losses[0].lines == 10);
  CHECK_THAT(changes.losses[0].reason, Catch::Contains(spools.world.directory().string()));
}

TEST_CASE("of any number of batches that were added beside another process it is told what became of them") {
  TwoSpools spools;
  constexpr std::size_t kMany = 3 * BatchesBeside::kMostHeld;
  for (std::size_t i = 0; i < kMany; ++i) spools.second->Add(SampleBatch(1000 + 10 * i, 10));
  spools.first->TakeChanges();
  std::size_t settled = 0, written = 0;
  while (const auto next = spools.first->Next()) {
    spools.first->Acknowledge(next->id);
    if (++settled % BatchesBeside::kMostHeld != 0) continue;
    const SpoolChanges changes = spools.second->TakeChanges();
    written += changes.written_lines;
    CHECK(changes.losses.empty());
  }
  CHECK(written == 10 * kMany);
}

}  // namespace
}  // namespace vmtelem

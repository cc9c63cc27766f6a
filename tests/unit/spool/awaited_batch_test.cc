#include "spool/awaited_batch.h"

#include <catch2/catch.hpp>

#include "file_hooks.h"
#include "spool/enqueue.h"
#include "spool/fs/durable_file.h"
#include "spool/settled_file.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

// A spool that delivers, and a batch of ten lines that another process has left in it and waits for.
struct AwaitedWorld {
  AwaitedWorld() : left(EnqueueInSpool(spools.root, SpoolWorld::kTarget, *SampleBatch(100, 10)).value()) {
    spool->CatchUp();
  }
  [[nodiscard]] std::optional<BatchOutcome> Look() const { return left.batch.Look(left.directory); }
  [[nodiscard]] std::filesystem::path file() const { return spools.directory() / FormatSpoolName(left.batch.name()); }

  SpoolWorld spools;
  std::unique_ptr<DiskSpool> spool = spools.Open();
  EnqueuedBatch left;
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
  world.spools.delivery.spool_max_bytes = 1;
  world.spool.reset();
  world.spool = world.spools.Open();
  world.spool->CatchUp();
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
  { const EnqueuedBatch ended = std::move(world.left); }
  world.spool.reset();
  CHECK(world.spools.Open()->CatchUp().recovered_lines == 0);
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

TEST_CASE("what cannot be said to who waits for a batch is said later, and the file stays until then") {
  AwaitedWorld world;
  file_hooks::Reset();
  file_hooks::FailRename(ENOSPC);
  world.spool->Acknowledge(world.spool->Next()->id);
  CHECK(std::filesystem::exists(world.file()));
  CHECK_FALSE(world.Look());
  world.spool->CatchUp();
  const auto outcome = world.Look();
  REQUIRE(outcome);
  CHECK(outcome->written == 10);
}

TEST_CASE("a copy of the spool that is made of links keeps a batch that somebody waits for as it was") {
  AwaitedWorld world;
  const auto copy = world.spools.root / "copy";
  std::filesystem::create_hard_link(world.file(), copy);
  const std::string bytes = ReadFileBytes(copy);
  world.spool->Acknowledge(world.spool->Next()->id);
  CHECK_FALSE(std::filesystem::exists(world.file()));
  CHECK(ReadFileBytes(copy) == bytes);
}

}  // namespace
}  // namespace vmtelem

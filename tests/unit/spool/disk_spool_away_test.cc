#include <catch2/catch.hpp>

#include "fakes/disk_conditions.h"
#include "spool_world.h"

// The directory of the spool is moved away, another is made in its place, and the first one comes back or does not.
namespace vmtelem {
namespace {

class ReplacedWorld : public SpoolWorld {
 public:
  ReplacedWorld() : spool(Open()) {}

  void MoveAway() {
    std::filesystem::rename(root, away);
    spool->CatchUp();
  }
  void BringBack() {
    std::filesystem::rename(root, root.string() + "-meanwhile");
    std::filesystem::rename(away, root);
  }

  std::filesystem::path away = root.string() + "-away";
  std::unique_ptr<DiskSpool> spool;
};

TEST_CASE("lines in a directory that went away are still held, and none is lost") {
  ReplacedWorld world;
  const auto id = world.spool->Add(SampleBatch(100, 3)).id;
  std::filesystem::rename(world.root, world.away);
  const SpoolChanges changes = world.spool->CatchUp();
  CHECK_FALSE(world.spool->Next());
  CHECK_FALSE(world.spool->Take(id));
  CHECK(changes.losses.empty());
  CHECK(world.spool->CatchUp().losses.empty());
  CHECK(world.spool->stats().lines == 3);
  CHECK_THAT(world.log(), Catch::Contains("another directory is at " + world.directory().string() +
                                          " than before: 3 lines wait until theirs is back"));
}

// As where the parent belongs to root: the directory of the spool cannot be made again.
class UnmakeableWorld : public SpoolWorld {
 public:
  UnmakeableWorld() : user_(root.parent_path()), spool(Open()), id(spool->Add(SampleBatch(100, 3)).id) {}
  ~UnmakeableWorld() { LetMake(); }
  UnmakeableWorld(const UnmakeableWorld&) = delete;
  UnmakeableWorld& operator=(const UnmakeableWorld&) = delete;

  void MoveAwayForGood() const {
    std::filesystem::rename(root, away);
    std::filesystem::permissions(root.parent_path(), std::filesystem::perms(0500));
  }
  void LetMake() const { std::filesystem::permissions(root.parent_path(), std::filesystem::perms(0700)); }

  const std::filesystem::path away = root.string() + "-away";

 private:
  PlainUser user_;

 public:
  std::unique_ptr<DiskSpool> spool;
  const std::uint64_t id;
};

TEST_CASE("lines in a directory that went away are not delivered from there where no other can be made") {
  UnmakeableWorld world;
  world.MoveAwayForGood();
  CHECK(world.spool->CatchUp().losses.empty());
  CHECK_FALSE(world.spool->Take(world.id));
  CHECK_FALSE(world.spool->Next());
  CHECK(world.spool->stats().lines == 3);
  CHECK_THAT(world.log(), Catch::Contains(world.directory().string() +
                                          " is gone and cannot be made again: 3 lines wait until it is back"));
}

TEST_CASE("what is added where the directory went away and no other can be made is handed out from memory") {
  UnmakeableWorld world;
  world.MoveAwayForGood();
  CHECK_FALSE(world.spool->Add(SampleBatch(200, 3)).durable);
  CHECK(Drain(*world.spool) == std::vector<std::int64_t>{200});
}

TEST_CASE("a directory that is back where no other could be made is delivered from, with what came meanwhile") {
  UnmakeableWorld world;
  world.MoveAwayForGood();
  world.spool->Add(SampleBatch(200, 3));
  world.LetMake();
  std::filesystem::rename(world.away, world.root);
  const SpoolChanges changes = world.spool->CatchUp();
  CHECK(changes.recovered_lines == 0);
  CHECK(changes.persisted_lines == 3);
  CHECK(changes.released);
  CHECK(Drain(*world.spool) == std::vector<std::int64_t>{100, 200});
}

TEST_CASE("what was acknowledged while no directory could be made is removed when the old one is back") {
  UnmakeableWorld world;
  REQUIRE(world.spool->Take(world.id));
  world.MoveAwayForGood();
  CHECK(world.spool->CatchUp().displaced == std::vector<std::uint64_t>{world.id});
  world.spool->Acknowledge(world.id);
  world.LetMake();
  std::filesystem::rename(world.away, world.root);
  CHECK(world.spool->CatchUp().recovered_lines == 0);
  CHECK(world.BatchFiles().empty());
}

TEST_CASE("what is still away at the end, where no directory could be made, is given up") {
  UnmakeableWorld world;
  world.MoveAwayForGood();
  world.spool->CatchUp();
  const auto losses = world.spool->GiveUpAway();
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].lines == 3);
}

TEST_CASE("lines in a directory that is back wait again as the same batches, and nobody has recovered them") {
  ReplacedWorld world;
  const auto id = world.spool->Add(SampleBatch(100, 3)).id;
  world.MoveAway();
  world.BringBack();
  const SpoolChanges changes = world.spool->CatchUp();
  CHECK(changes.recovered_lines == 0);
  CHECK(changes.released);
  const auto taken = world.spool->Take(id);
  REQUIRE(taken);
  CHECK(taken->batch->bytes() == SampleLines(100, 3).bytes);
  world.spool->Acknowledge(id);
  CHECK(world.BatchFiles().empty());
}

TEST_CASE("what was written to the directory of meanwhile is away when the first is back, and can come back too") {
  ReplacedWorld world;
  world.spool->Add(SampleBatch(100, 3));
  world.MoveAway();
  world.spool->Add(SampleBatch(200, 3));  // as many lines as are away
  world.BringBack();
  const SpoolChanges changes = world.spool->CatchUp();
  CHECK(changes.recovered_lines == 0);
  CHECK(changes.released);
  CHECK(world.spool->stats().lines == 6);
  CHECK(Drain(*world.spool) == std::vector<std::int64_t>{100});
  std::filesystem::rename(world.root, world.away);
  std::filesystem::rename(world.root.string() + "-meanwhile", world.root);
  CHECK(world.spool->CatchUp().recovered_lines == 0);
  CHECK(Drain(*world.spool) == std::vector<std::int64_t>{200});
}

TEST_CASE("a file that is brought into the new directory by itself is the batch that was away") {
  ReplacedWorld world;
  world.spool->Add(SampleBatch(100, 3));
  const std::string file = world.BatchFiles().at(0);
  world.MoveAway();
  std::filesystem::rename(world.away / SpoolWorld::kTarget / file, world.directory() / file);
  const SpoolChanges changes = world.spool->CatchUp();
  CHECK(changes.recovered_lines == 0);
  CHECK(changes.released);
  CHECK(world.spool->stats().lines == 3);
  CHECK(Drain(*world.spool) == std::vector<std::int64_t>{100});
}

TEST_CASE("a file that is gone from a directory that is back is lost at once") {
  ReplacedWorld world;
  world.spool->Add(SampleBatch(100, 3));
  world.spool->Add(SampleBatch(200, 4));
  const std::string file = world.BatchFiles().at(0);
  world.MoveAway();
  std::filesystem::remove(world.away / SpoolWorld::kTarget / file);
  world.BringBack();
  world.spool->CatchUp();
  CHECK(Drain(*world.spool) == std::vector<std::int64_t>{200});
  CHECK(LinesLost(world.spool->CatchUp()) == 3);
}

TEST_CASE("what was handed out when its directory went away is told, so that it can be kept anew") {
  ReplacedWorld world;
  const auto id = world.spool->Add(SampleBatch(100, 3)).id;
  world.spool->Add(SampleBatch(200, 3));
  REQUIRE(world.spool->Take(id));
  std::filesystem::rename(world.root, world.away);
  CHECK(world.spool->CatchUp().displaced == std::vector<std::uint64_t>{id});
  CHECK(world.spool->CatchUp().displaced.empty());
}

TEST_CASE("what was acknowledged while its directory was away does not come back with it") {
  ReplacedWorld world;
  const auto id = world.spool->Add(SampleBatch(100, 3)).id;
  REQUIRE(world.spool->Take(id));
  world.MoveAway();
  world.spool->Acknowledge(id);
  world.BringBack();
  CHECK(world.spool->CatchUp().recovered_lines == 0);
  CHECK_FALSE(world.spool->Next());
  world.spool->CatchUp();
  CHECK(world.BatchFiles().empty());
}

TEST_CASE("what was handed out, and whose file is brought into the new directory, is removed from there") {
  ReplacedWorld world;
  const auto id = world.spool->Add(SampleBatch(100, 3)).id;
  REQUIRE(world.spool->Take(id));
  const std::string file = world.BatchFiles().at(0);
  world.MoveAway();
  std::filesystem::rename(world.away / SpoolWorld::kTarget / file, world.directory() / file);
  CHECK(world.spool->CatchUp().recovered_lines == 0);
  world.spool->Acknowledge(id);
  CHECK(world.BatchFiles().empty());
}

TEST_CASE("what is still away at the end is given up, with where it went") {
  ReplacedWorld world;
  world.spool->Add(SampleBatch(100, 3));
  world.spool->Add(SampleBatch(200, 4));
  world.MoveAway();
  const auto losses = world.spool->GiveUpAway();
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].lines == 7);
  CHECK(losses[0].durable);
  CHECK(losses[0].first_wall_ns == 100);
  CHECK(losses[0].last_wall_ns == 203);
  CHECK_THAT(losses[0].reason, Catch::Contains("went away with the spool directory " + world.directory().string()));
  CHECK(world.spool->stats().lines == 0);
  CHECK(world.spool->GiveUpAway().empty());
}

TEST_CASE("what somebody removed is given up at the end, if nobody tried to read it before") {
  ReplacedWorld world;
  for (const std::size_t first : {100U, 200U, 300U}) world.spool->Add(SampleBatch(first, 3));
  for (std::size_t i = 0; i < 2; ++i) std::filesystem::remove(world.directory() / world.BatchFiles().at(0));
  const auto losses = world.spool->GiveUpAway();
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].lines == 6);
  CHECK(losses[0].first_wall_ns == 100);
  CHECK(losses[0].last_wall_ns == 202);
  CHECK_THAT(losses[0].reason, Catch::Contains("files are gone from " + world.directory().string()));
  CHECK(world.spool->stats().lines == 3);
}

TEST_CASE("what was in a directory that somebody removed is given up at the end") {
  ReplacedWorld world;
  world.spool->Add(SampleBatch(100, 3));
  std::filesystem::remove_all(world.root);
  world.spool->CatchUp();
  const auto losses = world.spool->GiveUpAway();
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].lines == 3);
}

TEST_CASE("nothing is given up at the end of what waits in its place") {
  ReplacedWorld world;
  world.spool->Add(SampleBatch(100, 3));
  CHECK(world.spool->GiveUpAway().empty());
  CHECK(world.spool->stats().lines == 3);
}

TEST_CASE("what is away takes no room of the bound") {
  ReplacedWorld world;
  world.spool->Add(SampleBatch(100, 3));
  world.MoveAway();
  CHECK(world.spool->stats().bytes == 0);
  world.BringBack();
  world.spool->CatchUp();
  CHECK(world.spool->stats().bytes > 0);
}

}  // namespace
}  // namespace vmtelem

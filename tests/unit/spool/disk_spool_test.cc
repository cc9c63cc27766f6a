#include "spool/disk_spool.h"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "base/gzip.h"
#include "fakes/disk_conditions.h"
#include "spool_suite.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

unsigned ModeOf(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST_CASE("the spool on disk keeps the rules of a spool") {
  SpoolWorld world;
  RunSpoolSuite([&world](SpoolRoom room) {
    world.delivery.spool_max_bytes = room == SpoolRoom::kPlenty ? 1 << 20 : world.block_bytes() * 5 / 2;
    return world.Open();
  });
}

TEST_CASE("a batch is a file that zcat reads, named after what is in it") {
  SpoolWorld world;
  const auto spool = world.Open();
  CHECK(spool->Add(SampleBatch(3, 4)).durable);
  const auto files = world.BatchFiles();
  REQUIRE(files.size() == 1);
  CHECK_THAT(files[0], Catch::StartsWith("3-6-4-"));
  CHECK(Gunzip(ReadFileBytes(world.directory() / files[0]), 1000) == SampleLines(3, 4).bytes);
}

TEST_CASE("a batch comes out with its gzip, which is what lies on disk, read or not") {
  SpoolWorld world;
  const SpooledBatch kept = world.Open()->Add(SampleBatch(0, 3));
  const auto spool = world.Open();
  const auto read = spool->Next();
  const auto fresh = spool->Take(spool->Add(SampleBatch(5, 3)).id);
  REQUIRE((read && fresh && kept.durable));
  const auto files = world.BatchFiles();
  CHECK(*read->batch->gzip() == ReadFileBytes(world.directory() / files[0]));
  CHECK(*fresh->batch->gzip() == ReadFileBytes(world.directory() / files[1]));
}

TEST_CASE("the next process finds what the last one left, with its stamps, and counts it as recovered") {
  SpoolWorld world;
  world.Open()->Add(SampleBatch(7, 3));
  const auto spool = world.Open();
  CHECK(spool->stats().lines == 3);
  CHECK(spool->CatchUp().recovered_lines == 3);
  CHECK(spool->CatchUp().recovered_lines == 0);
  const auto next = spool->Next();
  REQUIRE(next);
  CHECK(next->durable);
  CHECK(next->batch->bytes() == SampleLines(7, 3).bytes);
  CHECK(next->batch->first_wall_ns() == 7);
  CHECK(next->batch->last_wall_ns() == 9);
}

TEST_CASE("what is acknowledged has no file, what is handed out still has") {
  SpoolWorld world;
  const auto spool = world.Open();
  const auto first = spool->Add(SampleBatch(0, 3)).id;
  spool->Add(SampleBatch(5, 3));
  REQUIRE(spool->Take(first));
  CHECK(world.BatchFiles().size() == 2);
  spool->Acknowledge(first);
  CHECK(world.BatchFiles().size() == 1);
}

TEST_CASE("acknowledging what was not handed out changes nothing") {
  SpoolWorld world;
  const auto spool = world.Open();
  spool->Acknowledge(spool->Add(SampleBatch(0, 3)).id);
  CHECK(world.BatchFiles().size() == 1);
  CHECK(spool->Next());
}

TEST_CASE("after a step of the clock batches still come out by their stamps") {
  SpoolWorld world;
  for (const std::size_t first : {500U, 300U, 400U}) world.Open()->Add(SampleBatch(first, 2));
  const auto spool = world.Open();
  spool->Add(SampleBatch(100, 2));
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 300, 400, 500});
}

TEST_CASE("everything in the spool is for its owner only, whatever the umask is") {
  SpoolWorld world;
  const mode_t mask = ::umask(GENERATE(0U, 0777U));
  auto spool = world.Open();
  spool->Add(SampleBatch(0, 3));
  spool->KeepRejected("line", "reason");
  ::umask(mask);
  CHECK(ModeOf(world.root) == 0700);
  CHECK(ModeOf(world.directory()) == 0700);
  CHECK(ModeOf(world.directory() / "rejected") == 0700);
  CHECK(ModeOf(world.directory() / "rejected" / "00000001.lp") == 0600);
  CHECK(ModeOf(world.directory() / "lock") == 0600);
  CHECK(ModeOf(world.directory() / world.BatchFiles().at(0)) == 0600);
}

TEST_CASE("a spool that others may enter is closed to them, and this is said") {
  SpoolWorld world;
  std::filesystem::create_directories(world.directory());
  std::filesystem::permissions(world.root, std::filesystem::perms(0755));
  std::filesystem::permissions(world.directory(), std::filesystem::perms(0770));
  world.Open();
  CHECK(ModeOf(world.root) == 0700);
  CHECK(ModeOf(world.directory()) == 0700);
  CHECK_THAT(world.log(),
             Catch::Contains("<4>the spool directory " + world.root.string() + " was open to other users"));
}

TEST_CASE("a directory that holds other things keeps its mode, the batches in it are private all the same") {
  SpoolWorld world;
  std::filesystem::create_directories(world.root / "somebody-elses");
  std::filesystem::permissions(world.root, std::filesystem::perms(01777));
  world.Open()->Add(SampleBatch(0, 3));
  CHECK(ModeOf(world.root) == 01777);
  CHECK(ModeOf(world.directory()) == 0700);
  CHECK_THAT(world.log(), Catch::Contains("<4>") && Catch::Contains("holds other things"));
}

TEST_CASE("files that are no part of the spool are named and left alone") {
  SpoolWorld world;
  world.Open();
  WriteFileBytes(world.directory() / "notes.txt", "mine");
  WriteFileBytes(world.root / "README", "mine");
  std::filesystem::create_directory(world.directory() / "1-2-3-0000000000000004.lp.gz");
  const auto spool = world.Open();
  CHECK_FALSE(spool->Next());
  CHECK(ReadFileBytes(world.directory() / "notes.txt") == "mine");
  CHECK_THAT(world.log(), Catch::Contains("notes.txt") && Catch::Contains("README"));
  CHECK(NamesIn(world.directory()).count("1-2-3-0000000000000004.lp.gz") == 1);
}

// False if only root can do that.
bool GiveToNobody(const std::filesystem::path& path) {
  const bool given = ::geteuid() == 0 && ::chown(path.c_str(), 65534, 65534) == 0;
  if (!given) WARN("skipped: only root can");
  return given;
}

TEST_CASE("a file that another user put there is no batch, whenever it comes") {
  SpoolWorld world;
  for (const std::size_t first : {100U, 200U}) world.Open()->Add(SampleBatch(first, 3));
  const std::string name = world.BatchFiles().at(0);
  if (!GiveToNobody(world.directory() / name)) return;
  const auto spool = world.Open();
  CHECK(spool->CatchUp().recovered_lines == 3);
  CHECK_THAT(world.log(), Catch::Contains("leaves alone what is no part of the spool in") && Catch::Contains(name));
  std::filesystem::rename(world.directory() / name, world.root / name);
  std::filesystem::rename(world.root / name, world.directory() / name);
  CHECK(spool->CatchUp().recovered_lines == 0);
  CHECK_THAT(world.log(), Catch::Contains("no part of the spool: " + (world.directory() / name).string()));
  CHECK(Drain(*spool) == std::vector<std::int64_t>{200});
}

TEST_CASE("root delivers what the owner of the directory left") {
  SpoolWorld world;
  world.Open()->Add(SampleBatch(100, 3));
  const auto batch = world.directory() / world.BatchFiles().at(0);
  if (!GiveToNobody(batch) || !GiveToNobody(world.directory())) return;
  CHECK(world.Open()->CatchUp().recovered_lines == 3);
}

TEST_CASE("a spool directory of another user is a warning") {
  SpoolWorld world;
  std::filesystem::create_directories(world.directory());
  if (!GiveToNobody(world.directory())) return;
  std::filesystem::permissions(world.root, std::filesystem::perms(0777));
  const PlainUser user(world.root.parent_path());
  CHECK(world.Open()->stats().durable);
  CHECK_THAT(world.log(),
             Catch::Contains("<4>the spool directory " + world.root.string() + " belongs to another user"));
}

TEST_CASE("what a process left that was killed while it wrote is removed at start") {
  SpoolWorld world;
  world.Open();
  WriteFileBytes(world.directory() / ".writing-1-2-3-0000000000000004.lp.gz", "half");
  const auto spool = world.Open();
  CHECK_FALSE(spool->Next());
  CHECK(NamesIn(world.directory()) == std::set<std::string>{"lock"});
}

TEST_CASE("a spool says that it is durable, and while all is well nothing else") {
  SpoolWorld world;
  const auto spool = world.Open();
  CHECK(spool->stats().durable);
  for (std::size_t i = 0; i < 3; ++i) {
    spool->Acknowledge(spool->Take(spool->Add(SampleBatch(i, 3)).id)->id);
    spool->CatchUp();
    world.clock.Advance(std::chrono::minutes(1));
  }
  CHECK(world.log().empty());
}

TEST_CASE("batches of the same stamps are files of their own") {
  SpoolWorld world;
  const auto spool = world.Open();
  for (int i = 0; i < 3; ++i) CHECK(spool->Add(SampleBatch(100, 3)).durable);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 100, 100});
}

TEST_CASE("a batch that is handed out to a caller that holds it is not read, and has its gzip") {
  SpoolWorld world;
  const auto spool = world.Open();
  const SpooledBatch added = spool->Add(SampleBatch(0, 3));
  CHECK(added.batch->gzip());
  WriteFileBytes(world.directory() / world.BatchFiles().at(0), "not a batch");
  CHECK(spool->HandOut(added.id));
  CHECK(spool->CatchUp().losses.empty());
}

TEST_CASE("a batch that is kept only if it is durable waits like any other") {
  SpoolWorld world;
  const auto spool = world.Open();
  const auto added = spool->AddIfDurable(SampleBatch(0, 3));
  REQUIRE(added);
  CHECK(world.BatchFiles().size() == 1);
  const auto taken = spool->Take(added->id);
  REQUIRE(taken);
  CHECK(taken->durable);
}

TEST_CASE("a batch that is kept only if it is durable changes nothing where it cannot be") {
  SpoolWorld world;
  WriteFileBytes(world.root, "a file");
  world.delivery.queue_max_bytes = 2;
  const auto spool = world.Open();
  spool->Add(SampleBatch(0, 3));
  CHECK_FALSE(spool->AddIfDurable(SampleBatch(100, 4)));
  CHECK(spool->stats().lines == 3);
  CHECK(spool->CatchUp().losses.empty());
}

}  // namespace
}  // namespace vmtelem

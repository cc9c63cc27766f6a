#include <cerrno>

#include <catch2/catch.hpp>

#include "base/gzip.h"
#include "disk_conditions.h"
#include "file_hooks.h"
#include "ship/leave_in_spool.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

// A spool with a damaged file that cannot be moved aside.
class StuckFile : public SpoolWorld {
 public:
  StuckFile() : path(directory() / FormatSpoolName({5, 6, 7, 3})) {
    file_hooks::Reset();
    std::filesystem::create_directories(directory());
    WriteFileBytes(directory() / "damaged", "a file");
    WriteFileBytes(path, "junk");
  }
  ~StuckFile() { file_hooks::Reset(); }
  StuckFile(const StuckFile&) = delete;
  StuckFile& operator=(const StuckFile&) = delete;

  std::filesystem::path path;
};

TEST_CASE("a damaged file that cannot be moved aside is counted once, however often the directory is listed") {
  StuckFile world;
  file_hooks::FailInotify(EMFILE);  // so that the directory is listed again
  const auto spool = world.Open();
  CHECK_FALSE(spool->Next());
  const SpoolChanges first = spool->TakeChanges();
  CHECK(first.recovered_lines == 3);
  REQUIRE(first.losses.size() == 1);
  CHECK_THAT(first.losses[0].reason, Catch::Contains("cannot be moved to damaged/: Not a directory"));
  REQUIRE(LeaveInSpool(world.root, SpoolWorld::kTarget, *SampleBatch(100, 2)));
  world.clock.Advance(DirectoryWatch::kInterval);
  CHECK(spool->TakeChanges().recovered_lines == 2);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100});
  CHECK(spool->TakeChanges().losses.empty());
}

TEST_CASE("a damaged file that people mend where it is is a batch again") {
  StuckFile world;
  const auto spool = world.Open();
  CHECK_FALSE(spool->Next());
  CHECK(LinesLost(spool->TakeChanges()) == 3);
  WriteFileBytes(world.path, GzipCompressor().Compress(SampleLines(5, 3).bytes).value());
  CHECK(spool->TakeChanges().recovered_lines == 3);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{5});
}

// Of two ways in which a directory cannot be listed: its names cannot be read, or the files cannot be looked at.
TEST_CASE("a listing of the directory that misses something is repeated when it can be had") {
  SpoolWorld world;
  const PlainUser user(world.root.parent_path());
  file_hooks::Reset();
  file_hooks::FailInotify(EMFILE);  // so that only a listing finds what others leave
  const auto spool = world.Open();
  file_hooks::Reset();
  spool->TakeChanges();
  REQUIRE(LeaveInSpool(world.root, SpoolWorld::kTarget, *SampleBatch(100, 3)));
  const auto mode = GENERATE(std::filesystem::perms(0300), std::filesystem::perms(0400), std::filesystem::perms(0));
  std::filesystem::permissions(world.directory(), mode);
  world.clock.Advance(DirectoryWatch::kInterval);
  CHECK(spool->TakeChanges().recovered_lines == 0);
  std::filesystem::permissions(world.directory(), std::filesystem::perms(0700));
  CHECK(spool->TakeChanges().recovered_lines == 3);
  CHECK(spool->TakeChanges().recovered_lines == 0);
}

TEST_CASE("one file that cannot be removed does not keep others that are acknowledged") {
  SpoolWorld world;
  const PlainUser user(world.root.parent_path());
  const auto spool = world.Open();
  const auto first = spool->Add(SampleBatch(100, 3)).id, second = spool->Add(SampleBatch(200, 3)).id;
  REQUIRE((spool->Take(first) && spool->Take(second)));
  const auto files = world.BatchFiles();
  std::filesystem::permissions(world.directory(), std::filesystem::perms(0500));
  for (const auto id : {first, second}) spool->Acknowledge(id);
  std::filesystem::permissions(world.directory(), std::filesystem::perms(0700));
  CHECK(world.BatchFiles() == files);
  std::filesystem::remove(world.directory() / files.at(0));
  std::filesystem::create_directory(world.directory() / files.at(0));  // which is never removed as a file
  CHECK(spool->TakeChanges().recovered_lines == 0);
  CHECK(world.BatchFiles() == std::vector<std::string>{files.at(0)});
}

}  // namespace
}  // namespace vmtelem

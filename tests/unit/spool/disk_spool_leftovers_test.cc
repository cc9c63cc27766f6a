#include <cerrno>
#include <fstream>

#include <catch2/catch.hpp>

#include "base/gzip.h"
#include "fakes/disk_conditions.h"
#include "file_hooks.h"
#include "spool/enqueue.h"
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
  const SpoolChanges first = spool->CatchUp();
  CHECK(first.recovered_lines == 3);
  REQUIRE(first.losses.size() == 1);
  CHECK_THAT(first.losses[0].reason, Catch::Contains("cannot be moved to damaged/: Not a directory"));
  REQUIRE(EnqueueInSpool(world.root, SpoolWorld::kTarget, *SampleBatch(100, 2)));
  world.clock.Advance(DirectoryWatch::kInterval);
  CHECK(spool->CatchUp().recovered_lines == 2);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100});
  CHECK(spool->CatchUp().losses.empty());
}

TEST_CASE("a damaged file that people mend where it is is a batch again") {
  StuckFile world;
  const auto spool = world.Open();
  CHECK_FALSE(spool->Next());
  CHECK(LinesLost(spool->CatchUp()) == 3);
  WriteFileBytes(world.path, GzipCompressor().Compress(SampleLines(5, 3).bytes).value());
  CHECK(spool->CatchUp().recovered_lines == 3);
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
  spool->CatchUp();
  REQUIRE(EnqueueInSpool(world.root, SpoolWorld::kTarget, *SampleBatch(100, 3)));
  const auto mode = GENERATE(std::filesystem::perms(0300), std::filesystem::perms(0400), std::filesystem::perms(0));
  std::filesystem::permissions(world.directory(), mode);
  world.clock.Advance(DirectoryWatch::kInterval);
  CHECK(spool->CatchUp().recovered_lines == 0);
  std::filesystem::permissions(world.directory(), std::filesystem::perms(0700));
  CHECK(spool->CatchUp().recovered_lines == 3);
  CHECK(spool->CatchUp().recovered_lines == 0);
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
  CHECK(spool->CatchUp().recovered_lines == 0);
  CHECK(world.BatchFiles() == std::vector<std::string>{files.at(0)});
}

TEST_CASE("with no inode left, not even for the lock, what waits is delivered") {
  SpoolWorld world;
  const SmallFileSystem disk(world.root, "1m,nr_inodes=6");
  if (IsSkipped(disk)) return;
  std::filesystem::create_directories(world.directory());
  for (const int first : {100, 200}) {
    const std::string bytes = SampleLines(static_cast<std::size_t>(first), 3).bytes;
    WriteFileBytes(world.directory() / FormatSpoolName({first, first + 2, 1, 3}),
                   GzipCompressor().Compress(bytes).value());
  }
  for (int i = 0; std::ofstream(world.root / std::to_string(i)).is_open(); ++i) continue;
  const auto spool = world.Open();
  CHECK(spool->CatchUp().recovered_lines == 6);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 200});
  CHECK(world.BatchFiles().empty());
}

}  // namespace
}  // namespace vmtelem

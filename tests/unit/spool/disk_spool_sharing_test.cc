#include <cerrno>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/gzip.h"
#include "fakes/disk_conditions.h"
#include "file_hooks.h"
#include "spool/enqueue.h"
#include "spool/fs/directory_watch.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

constexpr const char* kOther = "v1_http%3A%2F%2Fold%3A8086_telemetry";

void Leave(const SpoolWorld& world, std::size_t first, const std::string& target = SpoolWorld::kTarget) {
  REQUIRE(EnqueueInSpool(world.root, target, *SampleBatch(first, 3)));
}

// Runs `work` in a process of its own.
template <class Work>
pid_t Fork(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  return child;
}

bool EndedWell(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("what another process leaves is taken over at once") {
  SpoolWorld world;
  const auto spool = world.Open();
  spool->CatchUp();
  Leave(world, 100);
  CHECK(spool->CatchUp().recovered_lines == 3);
  CHECK(spool->CatchUp().recovered_lines == 0);
  const auto next = spool->Next();
  REQUIRE(next);
  CHECK(next->durable);
  CHECK(next->batch->bytes() == SampleLines(100, 3).bytes);
}

TEST_CASE("what another process leaves is taken over also where inotify is not to be had") {
  SpoolWorld world;
  file_hooks::Reset();
  file_hooks::FailInotify(EMFILE);
  const auto spool = world.Open();
  spool->CatchUp();
  spool->Add(SampleBatch(50, 2));
  Leave(world, 100);
  world.clock.Advance(DirectoryWatch::kInterval);
  CHECK(spool->CatchUp().recovered_lines == 3);
  world.clock.Advance(DirectoryWatch::kInterval);
  CHECK(spool->CatchUp().recovered_lines == 0);
  file_hooks::Reset();
  CHECK(Drain(*spool) == std::vector<std::int64_t>{50, 100});
}

TEST_CASE("what another process leaves just before the directory may not be entered is found when it may be") {
  SpoolWorld world;
  const PlainUser user(world.root.parent_path());
  const auto spool = world.Open();
  spool->CatchUp();
  Leave(world, 100);
  std::filesystem::permissions(world.directory(), std::filesystem::perms(0));
  CHECK(spool->CatchUp().recovered_lines == 0);
  std::filesystem::permissions(world.directory(), std::filesystem::perms(0700));
  CHECK(spool->CatchUp().recovered_lines == 3);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100});
}

TEST_CASE("a spool that was left before anyone delivered is found at start") {
  SpoolWorld world;
  Leave(world, 100);
  CHECK(world.Open()->CatchUp().recovered_lines == 3);
}

TEST_CASE("a file that is copied into the spool is taken over when it is whole") {
  SpoolWorld world;
  const auto spool = world.Open();
  const std::string bytes = GzipCompressor().Compress(SampleLines(100, 3).bytes).value();
  {
    std::ofstream copy(world.directory() / FormatSpoolName({100, 102, 7, 3}), std::ios::binary);
    copy << bytes.substr(0, 10) << std::flush;
    CHECK(spool->CatchUp().recovered_lines == 0);
    copy << bytes.substr(10);
  }
  CHECK(spool->CatchUp().recovered_lines == 3);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100});
}

TEST_CASE("more news than the kernel keeps are found by looking") {
  constexpr std::uint64_t kMoreThanQueued = 17'000;  // fs.inotify.max_queued_events is 16,384
  SpoolWorld world;
  const auto spool = world.Open();
  for (std::uint64_t i = 1; i <= kMoreThanQueued; ++i) {
    WriteFileBytes(world.directory() / FormatSpoolName({5, 6, i, 1}), "x");
  }
  CHECK(spool->CatchUp().recovered_lines == kMoreThanQueued);
  CHECK(spool->CatchUp().recovered_lines == 0);
}

TEST_CASE("processes that add at the same time lose nothing and overwrite nothing") {
  constexpr std::size_t kEach = 40, kProcesses = 3;
  SpoolWorld world;
  const auto spool = world.Open();
  std::vector<pid_t> children;
  for (std::size_t p = 0; p < kProcesses; ++p) {
    children.push_back(Fork([&] {
      for (std::size_t i = 0; i < kEach; ++i) {
        if (!EnqueueInSpool(world.root, SpoolWorld::kTarget, *SampleBatch(100 * i, 3))) ::_exit(1);
      }
    }));
  }
  std::map<std::string, std::size_t> expected, found;
  for (std::size_t i = 0; i < kEach; ++i) {
    expected[SampleLines(100 * i, 3).bytes] = kProcesses + 1;
    REQUIRE(spool->Add(SampleBatch(100 * i, 3)).durable);
  }
  for (const pid_t child : children) CHECK(EndedWell(child));
  CHECK(spool->CatchUp().recovered_lines == 3 * kEach * kProcesses);
  while (const auto next = spool->Next()) ++found[next->batch->bytes()];
  CHECK(found == expected);
}

TEST_CASE("a second process does not deliver from the same target, and takes over when the first is gone") {
  SpoolWorld world;
  auto first = world.Open();
  first->Add(SampleBatch(100, 3));
  const auto second = world.Open();
  CHECK_FALSE(second->Next());
  CHECK(second->Add(SampleBatch(200, 3)).durable);
  CHECK_FALSE(second->Next());
  CHECK_THAT(world.log(), Catch::Contains("delivers from " + world.directory().string()));
  first.reset();
  const SpoolChanges changes = second->CatchUp();
  CHECK(changes.recovered_lines == 3);
  CHECK(changes.released);
  CHECK(Drain(*second) == std::vector<std::int64_t>{100, 200});
}

TEST_CASE("a spool whose lock was removed leaves what is on the disk to the process that took it since") {
  SpoolWorld world;
  const auto first = world.Open();
  for (const std::size_t stamp : {100U, 200U}) first->Add(SampleBatch(stamp, 3));
  std::filesystem::remove(world.directory() / "lock");
  const auto second = world.Open();
  first->CatchUp();
  CHECK(first->stats().delivered_elsewhere);
  CHECK_FALSE(first->Next());
  CHECK(Drain(*second) == std::vector<std::int64_t>{100, 200});
  CHECK_FALSE(first->Next());
  CHECK(first->CatchUp().losses.empty());
}

TEST_CASE("what root leaves in the spool of a service belongs to the service") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can");
    return;
  }
  constexpr uid_t kService = 65534;
  SpoolWorld world;
  std::filesystem::create_directory(world.root);
  REQUIRE(::chown(world.root.c_str(), kService, kService) == 0);
  Leave(world, 100);
  const auto batch = world.directory() / world.BatchFiles().at(0);
  for (const auto& path : {world.directory(), batch}) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK(status.st_uid == kService);
    CHECK(status.st_gid == kService);
  }
}

TEST_CASE("what waits for another target is not delivered to this one") {
  SpoolWorld world;
  Leave(world, 100, kOther);
  const auto spool = world.Open();
  CHECK(spool->CatchUp().recovered_lines == 0);
  CHECK_FALSE(spool->Next());
}

// As `mv OLD/*.lp.gz NEW/` does.
void MoveBatches(const std::filesystem::path& from, const std::filesystem::path& to) {
  for (const std::string& name : NamesIn(from)) {
    if (ParseSpoolName(name)) std::filesystem::rename(from / name, to / name);
  }
}

TEST_CASE("batches that are moved here from another target are recovered, in the order of their stamps") {
  SpoolWorld world;
  for (const std::size_t first : {100U, 300U}) Leave(world, first, kOther);
  Leave(world, 200);
  const auto spool = world.Open();
  spool->CatchUp();
  MoveBatches(world.root / kOther, world.directory());
  CHECK(spool->CatchUp().recovered_lines == 6);
  CHECK(spool->CatchUp().recovered_lines == 0);
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 200, 300});
  CHECK(world.Open(kOther)->stats().batches == 0);
}

TEST_CASE("leaving a batch where that cannot be is an error that names the place") {
  SpoolWorld world;
  WriteFileBytes(world.root, "a file");
  const auto left = EnqueueInSpool(world.root, SpoolWorld::kTarget, *SampleBatch(0, 3));
  REQUIRE_FALSE(left);
  CHECK(left.error().code == ErrorCode::kCannotCreate);
  CHECK_THAT(left.error().message, Catch::Contains(world.root.string()) && Catch::Contains("Not a directory"));
}

}  // namespace
}  // namespace vmtelem

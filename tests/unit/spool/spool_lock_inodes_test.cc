#include <fstream>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "fakes/disk_conditions.h"
#include "fakes/temporary_directory.h"
#include "spool/spool_lock.h"

// The lock of a spool whose file system has no inode left.
namespace vmtelem {
namespace {

using State = SpoolLock::State;

// A file system without an inode for a file more, on which a target's directory has no lock.
class NoInodeLeft {
 public:
  NoInodeLeft() : disk_(root.path() / "disk", "1m,nr_inodes=4") {
    if (!disk_.mounted()) return;
    std::filesystem::create_directory(spool() / "v3_a");
    for (int i = 0; std::ofstream(spool() / std::to_string(i)).is_open(); ++i) fillers_.push_back(std::to_string(i));
  }

  [[nodiscard]] bool IsSkipped() const { return vmtelem::IsSkipped(disk_); }
  [[nodiscard]] std::filesystem::path spool() const { return root.path() / "disk"; }
  [[nodiscard]] SpoolLock Lock() const { return {spool(), "v3_a", SpoolRole::kPassing}; }
  void FreeOne() const { std::filesystem::remove(spool() / fillers_.back()); }

  TemporaryDirectory root;

 private:
  SmallFileSystem disk_;
  std::vector<std::string> fillers_;
};

TEST_CASE("without an inode for its file the lock is taken all the same, by one at a time") {
  const NoInodeLeft world;
  if (world.IsSkipped()) return;
  auto first = std::make_unique<SpoolLock>(world.Lock());
  SpoolLock second = world.Lock();
  CHECK(first->state() == State::kHeld);
  CHECK(second.state() == State::kElsewhere);
  CHECK(first->Take() == State::kHeld);
  CHECK(first->times_taken() == 1);
  first.reset();
  CHECK(second.Take() == State::kHeld);
}

TEST_CASE("without an inode for any file there is one service at a time") {
  const NoInodeLeft world;
  if (world.IsSkipped()) return;
  const SpoolLock first(world.spool(), "v3_a"), second(world.spool(), "v3_a");
  CHECK(first.state() == State::kHeld);
  CHECK(second.is_second_service());
}

TEST_CASE("who took the lock without a file keeps it from those that can make one") {
  const NoInodeLeft world;
  if (world.IsSkipped()) return;
  SpoolLock first = world.Lock();
  world.FreeOne();
  SpoolLock second = world.Lock();
  CHECK(second.state() == State::kElsewhere);
  CHECK(first.Take() == State::kHeld);
}

TEST_CASE("who took the lock without a file makes it when that is possible") {
  const NoInodeLeft world;
  if (world.IsSkipped()) return;
  SpoolLock lock = world.Lock();
  world.FreeOne();
  CHECK(lock.Take() == State::kHeld);
  CHECK(NamesIn(world.spool() / "v3_a") == std::set<std::string>{"lock"});
  CHECK(lock.times_taken() == 1);
  CHECK(world.Lock().state() == State::kElsewhere);
}

// As of a version that knows of no lock but the file's.
TEST_CASE("who took the lock without a file gives it back to who has locked the file since") {
  const NoInodeLeft world;
  if (world.IsSkipped()) return;
  SpoolLock lock = world.Lock();
  world.FreeOne();
  FileDescriptor older(
      ::open((world.spool() / "v3_a" / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
  REQUIRE(::flock(older.get(), LOCK_EX | LOCK_NB) == 0);
  CHECK(lock.Take() == State::kElsewhere);
  older = {};
  CHECK(lock.Take() == State::kHeld);
}

TEST_CASE("a lock that was taken without a file can be taken again in a directory that was replaced") {
  const NoInodeLeft world;
  if (world.IsSkipped()) return;
  SpoolLock lock = world.Lock();
  std::filesystem::remove(world.spool() / "v3_a");
  world.FreeOne();
  CHECK(lock.Take() == State::kHeld);
  CHECK(lock.times_taken() == 2);
}

}  // namespace
}  // namespace vmtelem

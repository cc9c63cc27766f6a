#include "ship/spool_lock.h"

#include <fstream>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk_conditions.h"
#include "temporary_directory.h"

namespace vmtelem {
namespace {

using State = SpoolLock::State;

TEST_CASE("one at a time holds the lock of a target, and the other learns who") {
  const TemporaryDirectory root;
  SpoolLock first(root.path(), "v3_a"), second(root.path(), "v3_a");
  CHECK(first.state() == State::kHeld);
  CHECK(second.state() == State::kElsewhere);
  CHECK(second.holder().pid == ::getpid());
  CHECK_THAT(second.reason(), Catch::Contains(std::to_string(::getpid())) && Catch::Contains("v3_a"));
}

TEST_CASE("who finds the lock held learns for how long its holder means to stay") {
  const TemporaryDirectory root;
  const SpoolRole role = GENERATE(SpoolRole::kService, SpoolRole::kPassing);
  const SpoolLock first(root.path(), "v3_a", role);
  first.NoteRate(123);
  const SpoolLock second(root.path(), "v3_a", SpoolRole::kPassing);
  CHECK(second.holder().role == role);
  CHECK(second.holder().bytes_per_s == 123);
}

TEST_CASE("a holder that says nothing of itself is taken for a service") {
  const TemporaryDirectory root;
  const SpoolLock first(root.path(), "v3_a", SpoolRole::kPassing);
  const auto text = GENERATE("", "x", "1", "1\n", "1\n2", "1\n2\nsomething\n", "1\n2\npassing");
  WriteFileBytes(root.path() / "v3_a" / "lock", text);
  CHECK(SpoolLock(root.path(), "v3_a").holder().role == SpoolRole::kService);
}

TEST_CASE("targets have locks of their own") {
  const TemporaryDirectory root;
  const SpoolLock first(root.path(), "v3_a"), second(root.path(), "v3_b");
  CHECK(second.state() == State::kHeld);
}

TEST_CASE("the lock can be taken when its holder is gone") {
  const TemporaryDirectory root;
  auto first = std::make_unique<SpoolLock>(root.path(), "v3_a");
  SpoolLock second(root.path(), "v3_a");
  first.reset();
  CHECK(second.Take() == State::kHeld);
}

TEST_CASE("a lock that is held stays held when it is taken again") {
  const TemporaryDirectory root;
  SpoolLock lock(root.path(), "v3_a");
  CHECK(lock.Take() == State::kHeld);
  CHECK(lock.times_taken() == 1);
}

TEST_CASE("a directory that was replaced is locked anew") {
  const TemporaryDirectory root;
  SpoolLock lock(root.path(), "v3_a");
  std::filesystem::remove_all(root.path() / "v3_a");
  CHECK(lock.Take() == State::kHeld);
  CHECK(lock.times_taken() == 2);
  CHECK(SpoolLock(root.path(), "v3_a").state() == State::kElsewhere);
}

TEST_CASE("a lock whose file was removed is taken anew, so that nobody else can have it") {
  const TemporaryDirectory root;
  SpoolLock lock(root.path(), "v3_a");
  std::filesystem::remove(root.path() / "v3_a" / "lock");
  CHECK(lock.Take() == State::kHeld);
  CHECK(lock.times_taken() == 2);
  CHECK(SpoolLock(root.path(), "v3_a").state() == State::kElsewhere);
}

TEST_CASE("there is one service at a time, whoever delivers meanwhile, and a second one learns who it is") {
  const TemporaryDirectory root;
  auto passing = std::make_unique<SpoolLock>(root.path(), "v3_a", SpoolRole::kPassing);
  SpoolLock service(root.path(), "v3_a"), second(root.path(), "v3_a");
  CHECK(service.state() == State::kElsewhere);
  CHECK_FALSE(service.is_second_service());
  passing.reset();
  CHECK(second.Take() == State::kElsewhere);
  CHECK(second.is_second_service());
  CHECK(second.holder().pid == ::getpid());
  CHECK(service.Take() == State::kHeld);
}

TEST_CASE("a service stays the one service when the directory is replaced, or its file is removed") {
  const TemporaryDirectory root;
  SpoolLock service(root.path(), "v3_a");
  const auto* const what = GENERATE("v3_a", "v3_a/service");
  std::filesystem::remove_all(root.path() / what);
  CHECK(service.Take() == State::kHeld);
  CHECK(SpoolLock(root.path(), "v3_a").is_second_service());
}

TEST_CASE("a lock whose file was removed is lost to the process that has taken it since") {
  const TemporaryDirectory root;
  SpoolLock first(root.path(), "v3_a");
  std::filesystem::remove(root.path() / "v3_a" / "lock");
  SpoolLock second(root.path(), "v3_a", SpoolRole::kPassing);
  CHECK(second.state() == State::kHeld);
  CHECK(first.Take() == State::kElsewhere);
  CHECK(second.Take() == State::kHeld);
}

// A file that others may read, and which is in nobody's spool.
class OtherFile {
 public:
  explicit OtherFile(const std::filesystem::path& path) : path_(path) {
    WriteFileBytes(path, "bytes");
    std::filesystem::permissions(path, std::filesystem::perms(0644));
    ::stat(path.c_str(), &before_);
  }
  void PutAt(const std::filesystem::path& place) const { std::filesystem::create_hard_link(path_, place); }
  [[nodiscard]] bool Unchanged() const {
    struct stat now {};
    return ::stat(path_.c_str(), &now) == 0 && now.st_mode == before_.st_mode && now.st_uid == before_.st_uid &&
           ReadFileBytes(path_) == "bytes";
  }

 private:
  std::filesystem::path path_;
  struct stat before_ {};
};

TEST_CASE("a second name of another file is no lock, and that file stays as it is") {
  const TemporaryDirectory root;
  const OtherFile other(root.path() / "other");
  const auto target = root.path() / "v3_a";
  std::filesystem::create_directory(target);
  if (::geteuid() == 0) REQUIRE(::chown(target.c_str(), 65534, 65534) == 0);  // somebody else's, as of a service
  other.PutAt(target / "lock");
  const SpoolLock lock(root.path(), "v3_a");
  CHECK(lock.state() == State::kFailed);
  CHECK(lock.reason() == (target / "lock").string() + ": it is no regular file, or has another name besides");
  CHECK(other.Unchanged());
}

TEST_CASE("a note is not written to a file that was put in place of the lock's") {
  const TemporaryDirectory root;
  const SpoolLock lock(root.path(), "v3_a");
  const auto path = root.path() / "v3_a" / "lock";
  const OtherFile other(root.path() / "other");
  std::filesystem::remove(path);
  const bool second_name = GENERATE(true, false);
  if (second_name) other.PutAt(path);
  if (!second_name) WriteFileBytes(path, "bytes");
  lock.NoteRate(7);
  CHECK(ReadFileBytes(path) == "bytes");
}

TEST_CASE("a lock's file that was there keeps its mode") {
  const TemporaryDirectory root;
  const auto path = root.path() / "v3_a" / "lock";
  { const SpoolLock lock(root.path(), "v3_a"); }
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  CHECK(SpoolLock(root.path(), "v3_a").state() == State::kHeld);
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0640));
}

TEST_CASE("a root that is a file cannot be locked, and the reason names it") {
  const TemporaryDirectory root;
  WriteFileBytes(root.path() / "file", "");
  const SpoolLock lock(root.path() / "file", "v3_a");
  CHECK(lock.state() == State::kFailed);
  CHECK_THAT(lock.reason(), Catch::Contains((root.path() / "file").string()) && Catch::Contains("Not a directory"));
}

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

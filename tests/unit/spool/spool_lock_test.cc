#include "spool/spool_lock.h"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "fakes/temporary_directory.h"

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

TEST_CASE("a second name of another user's file is no lock, and that file stays as it is") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can give files away");
    return;
  }
  const TemporaryDirectory root;
  const OtherFile other(root.path() / "other");
  const auto target = root.path() / "v3_a";
  std::filesystem::create_directory(target);
  REQUIRE(::chown(target.c_str(), 65534, 65534) == 0);  // somebody else's, as of a service
  other.PutAt(target / "lock");
  const SpoolLock lock(root.path(), "v3_a");
  CHECK(lock.state() == State::kFailed);
  CHECK(lock.reason() == (target / "lock").string() + ": it is no regular file, or has another name besides");
  CHECK(other.Unchanged());
}

TEST_CASE("a copy of the spool that is made of links lets a process have the lock, and one at a time") {
  const TemporaryDirectory root;
  { const SpoolLock before(root.path(), "v3_a"); }
  for (const char* const name : {"lock", "service"}) {
    std::filesystem::create_hard_link(root.path() / "v3_a" / name, root.path() / name);
  }
  const SpoolLock first(root.path(), "v3_a");
  CHECK(first.state() == State::kHeld);
  CHECK(SpoolLock(root.path(), "v3_a", SpoolRole::kPassing).state() == State::kElsewhere);
  CHECK(SpoolLock(root.path(), "v3_a").is_second_service());
}

TEST_CASE("a second name of the service's file does not let a second service in beside a process that passes") {
  const TemporaryDirectory root;
  const SpoolLock passing(root.path(), "v3_a", SpoolRole::kPassing);
  const SpoolLock service(root.path(), "v3_a");
  std::filesystem::create_hard_link(root.path() / "v3_a" / "service", root.path() / "copy");
  CHECK_FALSE(service.is_second_service());
  CHECK(SpoolLock(root.path(), "v3_a").is_second_service());
}

TEST_CASE("where the service's lock cannot be had a service is let in only if nobody delivers") {
  const TemporaryDirectory root;
  std::filesystem::create_directories(root.path() / "v3_a" / "service");
  auto passing = std::make_unique<SpoolLock>(root.path(), "v3_a", SpoolRole::kPassing);
  SpoolLock service(root.path(), "v3_a");
  CHECK(service.is_second_service());
  passing.reset();
  CHECK(service.Take() == State::kHeld);
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

}  // namespace
}  // namespace vmtelem

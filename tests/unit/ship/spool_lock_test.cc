#include "ship/spool_lock.h"

#include <catch2/catch.hpp>
#include <unistd.h>

#include "temporary_directory.h"

namespace vmtelem {
namespace {

using State = SpoolLock::State;

TEST_CASE("one at a time holds the lock of a target, and the other learns who") {
  const TemporaryDirectory root;
  SpoolLock first(root.path(), "v3_a"), second(root.path(), "v3_a");
  CHECK(first.state() == State::kHeld);
  CHECK(second.state() == State::kElsewhere);
  CHECK(second.holder() == ::getpid());
  CHECK_THAT(second.reason(), Catch::Contains(std::to_string(::getpid())) && Catch::Contains("v3_a"));
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

TEST_CASE("a root that is a file cannot be locked, and the reason names it") {
  const TemporaryDirectory root;
  WriteFileBytes(root.path() / "file", "");
  const SpoolLock lock(root.path() / "file", "v3_a");
  CHECK(lock.state() == State::kFailed);
  CHECK_THAT(lock.reason(), Catch::Contains((root.path() / "file").string()) && Catch::Contains("Not a directory"));
}

}  // namespace
}  // namespace vmtelem

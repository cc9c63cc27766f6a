#include "spool/fs/pending_free_space.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{std::chrono::hours(1)};

// A file system of 1000 free bytes on which 100 bytes were removed and do not show yet.
PendingFreeSpace Removed100() {
  PendingFreeSpace freed;
  freed.Look(1000, kStart);
  freed.Removed(100, kStart);
  return freed;
}

TEST_CASE("nothing is to come where nothing was removed, whatever becomes free") {
  PendingFreeSpace freed;
  CHECK(freed.Look(1000, kStart) == 0);
  CHECK(freed.Look(2000, kStart) == 0);
  CHECK(freed.Look(500, kStart) == 0);
}

TEST_CASE("removed bytes are to come until so many more are free") {
  PendingFreeSpace freed = Removed100();
  CHECK(freed.Look(1000, kStart) == 100);
  CHECK(freed.Look(1030, kStart + 1s) == 70);
  CHECK(freed.Look(1100, kStart + 2s) == 0);
}

TEST_CASE("what has come stays so when it is written on again") {
  PendingFreeSpace freed = Removed100();
  CHECK(freed.Look(1080, kStart) == 20);
  CHECK(freed.Look(900, kStart + 1s) == 20);
  CHECK(freed.Look(1080, kStart + 2s) == 20);
}

TEST_CASE("what has not come after half a minute never will") {
  PendingFreeSpace freed = Removed100();
  CHECK(freed.Look(1000, kStart + 29s) == 100);
  CHECK(freed.Look(1000, kStart + 30s) == 0);
}

TEST_CASE("each removal has its own half a minute") {
  PendingFreeSpace freed = Removed100();
  freed.Removed(7, kStart + 20s);
  CHECK(freed.Look(1000, kStart + 29s) == 107);
  CHECK(freed.Look(1000, kStart + 30s) == 7);
  CHECK(freed.Look(1000, kStart + 50s) == 0);
}

TEST_CASE("what comes belongs to the oldest removal") {
  PendingFreeSpace freed = Removed100();
  freed.Removed(7, kStart + 20s);
  CHECK(freed.Look(1103, kStart + 21s) == 4);
  CHECK(freed.Look(1103, kStart + 30s) == 4);
}

TEST_CASE("a removal after others have filled the disk is measured from there") {
  PendingFreeSpace freed = Removed100();
  CHECK(freed.Look(400, kStart + 1s) == 100);
  freed.Removed(500, kStart + 1s);
  CHECK(freed.Look(1000, kStart + 2s) == 0);
}

}  // namespace
}  // namespace vmtelem

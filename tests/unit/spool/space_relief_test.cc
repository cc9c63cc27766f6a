#include "spool/space_relief.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{std::chrono::hours(1)};
constexpr SpaceAmount kFree{1000, 10};

// What has just been tried in vain, with so much free.
SpaceRelief TriedInVain() {
  SpaceRelief relief;
  relief.DidNotHelp(kFree, kStart);
  return relief;
}

TEST_CASE("the first try is due at once, with one batch") {
  const SpaceRelief relief;
  CHECK(relief.IsDue({}, kStart));
  CHECK(relief.batches() == 1);
}

TEST_CASE("a try that did not help is not repeated for five seconds") {
  const SpaceRelief relief = TriedInVain();
  CHECK_FALSE(relief.IsDue(kFree, kStart + 4999ms));
  CHECK(relief.IsDue(kFree, kStart + 5s));
}

TEST_CASE("a try is due as soon as there are more free bytes, or inodes") {
  const SpaceRelief relief = TriedInVain();
  CHECK(relief.IsDue({1001, 10}, kStart));
  CHECK(relief.IsDue({1000, 11}, kStart));
  CHECK_FALSE(relief.IsDue({900, 9}, kStart));
}

TEST_CASE("what comes and goes on the file system is no change the second time") {
  SpaceRelief relief = TriedInVain();
  relief.DidNotHelp({1200, 10}, kStart + 1s);
  relief.DidNotHelp({900, 10}, kStart + 2s);
  CHECK_FALSE(relief.IsDue({1200, 10}, kStart + 3s));
  CHECK(relief.IsDue({1201, 10}, kStart + 3s));
}

TEST_CASE("the pause grows from try to try, to a minute") {
  SpaceRelief relief;
  SteadyTime now = kStart;
  for (const Nanoseconds pause : {5s, 10s, 20s, 40s, 60s, 60s}) {
    relief.DidNotHelp(kFree, now);
    CHECK_FALSE(relief.IsDue(kFree, now + pause - 1ns));
    CHECK(relief.IsDue(kFree, now + pause));
    now += pause;
  }
}

TEST_CASE("a file system that has less free than before a pause is compared with what it has after it") {
  SpaceRelief relief = TriedInVain();
  relief.DidNotHelp({500, 10}, kStart + 5s);
  CHECK(relief.IsDue({501, 10}, kStart + 6s));
}

TEST_CASE("a try that helped ends the pause, and the next one in vain begins with the shortest") {
  SpaceRelief relief = TriedInVain();
  relief.DidNotHelp(kFree, kStart + 5s);
  relief.Helped();
  CHECK(relief.IsDue(kFree, kStart + 5s));
  relief.DidNotHelp(kFree, kStart + 6s);
  CHECK(relief.IsDue(kFree, kStart + 11s));
}

TEST_CASE("a shortage that comes a minute after the last pause begins with the shortest") {
  SpaceRelief relief = TriedInVain();
  relief.DidNotHelp(kFree, kStart + 65s);
  CHECK(relief.IsDue(kFree, kStart + 70s));
}

TEST_CASE("more batches go in a try as long as that helps in part, and one after a try in vain") {
  SpaceRelief relief;
  relief.HelpedInPart();
  CHECK(relief.batches() == 2);
  relief.HelpedInPart();
  CHECK(relief.batches() == 4);
  relief.DidNotHelp(kFree, kStart);
  CHECK(relief.batches() == 1);
}

}  // namespace
}  // namespace vmtelem

#include "ship/spool_room.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr std::uint64_t kMiB = 1 << 20, kGiB = 1 << 30;

TEST_CASE("a spool holds 4 GiB by default, but at most a tenth of the file system") {
  CHECK(SpoolMaxBytes({}, {100 * kGiB, 0}) == 4 * kGiB);
  CHECK(SpoolMaxBytes({}, {10 * kGiB, 0}) == kGiB);
  CHECK(SpoolMaxBytes({.max_bytes = 7 * kGiB}, {10 * kGiB, 0}) == 7 * kGiB);
}

TEST_CASE("a spool leaves 64 MiB free, 1 % of a large file system, a tenth of a tiny one") {
  CHECK(FreeFloor({}, {2 * kGiB, 0}) == 64 * kMiB);
  CHECK(FreeFloor({}, {1000 * kGiB, 0}) == 10 * kGiB);
  CHECK(FreeFloor({}, {100 * kMiB, 0}) == 10 * kMiB);
  CHECK(FreeFloor({.max_bytes = 0, .free_floor_bytes = 5}, {1000 * kGiB, 0}) == 5);
}

TEST_CASE("what is over the bound has to go, to the byte") {
  const SpoolLimits limits{.max_bytes = 100};
  CHECK(BytesOverMax(limits, {kGiB, kGiB}, 60, 40) == 0);
  CHECK(BytesOverMax(limits, {kGiB, kGiB}, 61, 40) == 1);
  CHECK(BytesOverMax(limits, {kGiB, kGiB}, 130, 0) == 30);
}

TEST_CASE("what the free-space floor lacks has to go, to the byte") {
  const SpoolLimits limits{.max_bytes = 0, .free_floor_bytes = 1000};
  CHECK(BytesBelowFloor(limits, {kGiB, 1040}, 40) == 0);
  CHECK(BytesBelowFloor(limits, {kGiB, 1039}, 40) == 1);
  CHECK(BytesBelowFloor(limits, {kGiB, 0}, 0) == 1000);
}

}  // namespace
}  // namespace vmtelem

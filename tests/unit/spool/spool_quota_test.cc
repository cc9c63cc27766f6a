#include "spool/spool_quota.h"

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

TEST_CASE("what the free-space floor lacks has to go, to the byte") {
  const SpoolLimits limits{.max_bytes = 0, .free_floor_bytes = 1000};
  CHECK(SpaceBelowFloor(limits, {kGiB, 1040}, {40, 1}).bytes == 0);
  CHECK(SpaceBelowFloor(limits, {kGiB, 1039}, {40, 1}).bytes == 1);
  CHECK(SpaceBelowFloor(limits, {kGiB, 0}, {}).bytes == 1000);
}

FileSystemSpace WithInodes(std::uint64_t total, std::uint64_t free) {
  return {.total_bytes = kGiB, .free_bytes = kGiB, .total_inodes = total, .free_inodes = free};
}

TEST_CASE("a spool leaves 1,000 inodes free, 1 % of a large file system, a tenth of a tiny one") {
  CHECK(FreeInodesFloor({}, WithInodes(65'536, 0)) == 1000);
  CHECK(FreeInodesFloor({}, WithInodes(1'000'000, 0)) == 10'000);
  CHECK(FreeInodesFloor({}, WithInodes(2000, 0)) == 200);
}

TEST_CASE("a file system that makes inodes as they are needed has no floor for them") {
  CHECK(FreeInodesFloor({}, WithInodes(0, 0)) == 0);
  CHECK(SpaceBelowFloor({}, WithInodes(0, 0), {0, 1}).inodes == 0);
}

TEST_CASE("what the floor of inodes lacks has to go, to the file") {
  CHECK(SpaceBelowFloor({}, WithInodes(2000, 201), {0, 1}).inodes == 0);
  CHECK(SpaceBelowFloor({}, WithInodes(2000, 200), {0, 1}).inodes == 1);
  CHECK(SpaceBelowFloor({}, WithInodes(2000, 0), {}).inodes == 200);
}

TEST_CASE("a file takes whole blocks and an inode") {
  const FileSystemSpace space{.block_bytes = 4096};
  CHECK(SpaceForFile(space, 1).bytes == 4096);
  CHECK(SpaceForFile(space, 4096).bytes == 4096);
  CHECK(SpaceForFile(space, 4097).bytes == 8192);
  CHECK(SpaceForFile(space, 1).inodes == 1);
}

}  // namespace
}  // namespace vmtelem

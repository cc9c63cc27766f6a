#include "spool/spool_quota.h"

#include <algorithm>

#include <sys/statvfs.h>

namespace vmtelem {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

std::uint64_t Below(std::uint64_t floor, std::uint64_t free, std::uint64_t more) {
  if (floor == 0) return 0;
  return floor + more > free ? floor + more - free : 0;
}

}  // namespace

IoResult<FileSystemSpace> SpaceOf(const FileDescriptor& directory) {
  struct statvfs status {};
  if (::fstatvfs(directory.get(), &status) != 0) return tl::make_unexpected(LastError());
  return FileSystemSpace{.total_bytes = std::uint64_t{status.f_blocks} * status.f_frsize,
                         .free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize,
                         .total_inodes = status.f_files,
                         .free_inodes = status.f_favail,
                         .block_bytes = std::max<std::uint64_t>(status.f_frsize, 1)};
}

std::uint64_t SpoolMaxBytes(const SpoolLimits& limits, const FileSystemSpace& space) {
  return limits.max_bytes > 0 ? limits.max_bytes : std::min(4096 * kMiB, space.total_bytes / 10);
}

std::uint64_t FreeFloor(const SpoolLimits& limits, const FileSystemSpace& space) {
  return limits.free_floor_bytes.value_or(
      std::min(std::max(64 * kMiB, space.total_bytes / 100), space.total_bytes / 10));
}

std::uint64_t FreeInodesFloor(const SpoolLimits& limits, const FileSystemSpace& space) {
  if (space.total_inodes == 0) return 0;
  constexpr std::uint64_t kLeast = 1000;
  return limits.free_floor_inodes.value_or(
      std::min(std::max(kLeast, space.total_inodes / 100), space.total_inodes / 10));
}

SpaceAmount SpaceForFile(const FileSystemSpace& space, std::uint64_t size_bytes) {
  const std::uint64_t blocks = (size_bytes + space.block_bytes - 1) / space.block_bytes;
  return {blocks * space.block_bytes, 1};
}

SpaceAmount SpaceBelowFloor(const SpoolLimits& limits, const FileSystemSpace& space, const SpaceAmount& more) {
  return {Below(FreeFloor(limits, space), space.free_bytes, more.bytes),
          Below(FreeInodesFloor(limits, space), space.free_inodes, more.inodes)};
}

}  // namespace vmtelem

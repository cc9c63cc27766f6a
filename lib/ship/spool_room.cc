#include "ship/spool_room.h"

#include <algorithm>

#include <sys/statvfs.h>

namespace vmtelem {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

}  // namespace

IoResult<FileSystemSpace> SpaceOf(const FileDescriptor& directory) {
  struct statvfs status {};
  if (::fstatvfs(directory.get(), &status) != 0) return tl::make_unexpected(LastError());
  return FileSystemSpace{std::uint64_t{status.f_blocks} * status.f_frsize,
                         std::uint64_t{status.f_bavail} * status.f_frsize};
}

std::uint64_t SpoolMaxBytes(const SpoolLimits& limits, const FileSystemSpace& space) {
  return limits.max_bytes > 0 ? limits.max_bytes : std::min(4096 * kMiB, space.total_bytes / 10);
}

std::uint64_t FreeFloor(const SpoolLimits& limits, const FileSystemSpace& space) {
  return limits.free_floor_bytes.value_or(
      std::min(std::max(64 * kMiB, space.total_bytes / 100), space.total_bytes / 10));
}

std::uint64_t BytesOverMax(const SpoolLimits& limits, const FileSystemSpace& space, std::uint64_t held,
                           std::uint64_t more) {
  const std::uint64_t max_bytes = SpoolMaxBytes(limits, space);
  return held + more > max_bytes ? held + more - max_bytes : 0;
}

std::uint64_t BytesBelowFloor(const SpoolLimits& limits, const FileSystemSpace& space, std::uint64_t more) {
  const std::uint64_t floor = FreeFloor(limits, space);
  if (floor == 0) return 0;
  return floor + more > space.free_bytes ? floor + more - space.free_bytes : 0;
}

}  // namespace vmtelem

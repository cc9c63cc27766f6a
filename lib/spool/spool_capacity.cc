#include "spool/spool_capacity.h"

#include <algorithm>

#include <fcntl.h>

#include "spool/other_targets.h"
#include "spool/spool_lock.h"

namespace vmtelem {
namespace {

FileDescriptor Open(int parent, const std::string& path) {
  return FileDescriptor(::openat(parent, path.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC));
}

// The directory, or the nearest above it that is there: on its file system it will be made.
FileDescriptor OpenNearest(std::string path) {
  FileDescriptor directory = Open(AT_FDCWD, path);
  while (!directory.valid() && path.find('/') != std::string::npos) {
    path.resize(path.rfind('/'));
    directory = Open(AT_FDCWD, path.empty() ? "/" : path);
  }
  return directory;
}

std::uint64_t WaitingBytes(const FileDescriptor& root) {
  OtherTargets all;
  all.Refresh(root, "", SteadyTime{});
  return all.bytes();
}

}  // namespace

std::optional<SpoolCapacity> LookAtSpool(const std::string& root, const std::string& target,
                                         const SpoolLimits& limits) {
  const FileDescriptor nearest = OpenNearest(root);
  if (!nearest.valid()) return std::nullopt;
  const auto space = SpaceOf(nearest);
  if (!space) return std::nullopt;
  const FileDescriptor directory = Open(AT_FDCWD, root);
  const std::uint64_t free = space->free_bytes + (directory.valid() ? WaitingBytes(directory) : 0);
  const std::uint64_t floor = std::min(FreeFloor(limits, *space), free);
  SpoolCapacity capacity{std::min(SpoolMaxBytes(limits, *space), free - floor)};
  if (!directory.valid()) return capacity;
  if (const FileDescriptor own = Open(directory.get(), target); own.valid()) {
    capacity.bytes_per_s = ReadLockOwner(own).bytes_per_s;
  }
  return capacity;
}

}  // namespace vmtelem

#pragma once

#include <cstdint>
#include <optional>

#include "model/delivery_options.h"
#include "spool/fs/directory.h"

// How much a spool may hold. Pure but for SpaceOf().
namespace vmtelem {

// The size of a file system, and how much of it is free for processes without privileges, also if we have them.
struct FileSystemSpace {
  std::uint64_t total_bytes = 0, free_bytes = 0;
  std::uint64_t total_inodes = 0, free_inodes = 0;  // total 0: the file system makes them as they are needed
  std::uint64_t block_bytes = 1;                    // of which a file takes whole ones
};

IoResult<FileSystemSpace> SpaceOf(const FileDescriptor& directory);

// The bounds of a spool, of which the administrator sets the first.
struct SpoolLimits {
  // Disk space for the batches of all targets; 0: 4 GiB, at most 10 % of the file system.
  std::uint64_t max_bytes = 0;
  // Left free for others; 0: none; absent: see FreeFloor(), FreeInodesFloor().
  std::optional<std::uint64_t> free_floor_bytes = std::nullopt, free_floor_inodes = std::nullopt;
};

// What a spool on a disk is to keep to. The settings must outlive the spool, which reads them where they are; the rest
// is another value in tests only.
struct DiskSpoolOptions {
  const DeliveryOptions& delivery;
  std::optional<std::uint64_t> free_floor_bytes = std::nullopt, free_floor_inodes = std::nullopt;
  std::uint64_t few_files = 5'000;  // beyond it small batches are joined

  [[nodiscard]] SpoolLimits limits() const { return {delivery.spool_max_bytes, free_floor_bytes, free_floor_inodes}; }
};

// Space on a file system that something takes.
struct SpaceAmount {
  std::uint64_t bytes = 0, inodes = 0;
};

std::uint64_t SpoolMaxBytes(const SpoolLimits& limits, const FileSystemSpace& space);

// By default the larger of 64 MiB and 1 % of the file system, so that neither a small nor a large one is filled to the
// point where other services fail; but at most 10 % of it, since on a tiny one 64 MiB may be all there is.
std::uint64_t FreeFloor(const SpoolLimits& limits, const FileSystemSpace& space);

// By default the larger of 1,000 and 1 % of those that the file system has, at most 10 %; none where it counts none.
std::uint64_t FreeInodesFloor(const SpoolLimits& limits, const FileSystemSpace& space);

// The space that a file of that size will take.
SpaceAmount SpaceForFile(const FileSystemSpace& space, std::uint64_t size_bytes);

// How much has to become free before `more` may be written.
SpaceAmount SpaceBelowFloor(const SpoolLimits& limits, const FileSystemSpace& space, const SpaceAmount& more);

}  // namespace vmtelem

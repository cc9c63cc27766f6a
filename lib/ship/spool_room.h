#pragma once

#include <cstdint>
#include <optional>

#include "ship/directory.h"

// How much a spool may hold. Pure but for SpaceOf().
namespace vmtelem {

struct FileSystemSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  // for processes without privileges, also if we have them
};

IoResult<FileSystemSpace> SpaceOf(const FileDescriptor& directory);

struct SpoolLimits {
  std::uint64_t max_bytes = 0;  // of the batches of all targets; 0: 4 GiB, at most 10 % of the file system
  std::optional<std::uint64_t> free_floor_bytes =
      std::nullopt;  // left free for others; 0: none; absent: see FreeFloor()
};

std::uint64_t SpoolMaxBytes(const SpoolLimits& limits, const FileSystemSpace& space);

// By default the larger of 64 MiB and 1 % of the file system, so that neither a small nor a large one is filled to the
// point where other services fail; but at most 10 % of it, since on a tiny one 64 MiB may be all there is.
std::uint64_t FreeFloor(const SpoolLimits& limits, const FileSystemSpace& space);

// How many bytes have to go before a spool that holds `held` may take `more`, and may write `more`.
std::uint64_t BytesOverMax(const SpoolLimits& limits, const FileSystemSpace& space, std::uint64_t held,
                           std::uint64_t more);
std::uint64_t BytesBelowFloor(const SpoolLimits& limits, const FileSystemSpace& space, std::uint64_t more);

}  // namespace vmtelem

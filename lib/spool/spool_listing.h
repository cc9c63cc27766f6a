#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

#include "spool/fs/directory.h"
#include "spool/spool_name.h"

// Lists the directories of a spool, without reading any batch.
namespace vmtelem {

// What a target's directory holds beside its batches.
struct BatchListing {
  std::vector<std::string> foreign;  // names of the files that a spool has not made, sorted
  std::vector<SpoolName> too_large;  // named like batches, but never one
  std::error_code error;             // there may be more: the directory, or a file in it, cannot be looked at now
};

// Calls `visit` with each batch in a target's directory, in no order.
BatchListing ListBatches(const FileDescriptor& directory,
                         const std::function<void(const SpoolName& name, std::uint32_t disk_bytes)>& visit);

// The disk space that a batch's file takes: its blocks, or its size where the file system counts none. IsForeign() if
// it is no part of a spool: not a file, or one that belongs neither to us nor to root nor to the owner of the
// directory. IsTooLarge() if it can never be a batch: its size counts for nothing, since a file without a single block
// may have any.
IoResult<std::uint32_t> BatchDiskBytes(const FileDescriptor& directory, const char* name);

bool IsForeign(std::error_code error);
bool IsTooLarge(std::error_code error);

// What the directory of a whole spool holds.
struct SpoolRootListing {
  std::vector<std::string> targets;  // directories that SpoolTargetName() may have named, sorted
  std::vector<std::string> foreign;  // everything else, sorted
};

SpoolRootListing ListSpoolRoot(const FileDescriptor& root);

// "a, b, c and 4 more"
std::string NamesInShort(const std::vector<std::string>& names);

}  // namespace vmtelem

#include "spool/spool_listing.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/fs/durable_file.h"
#include "spool/service_lock.h"
#include "spool/spool_file.h"
#include "spool/spool_target.h"

namespace vmtelem {
namespace {

bool IsSpoolsOwn(std::string_view name) {
  return name == "lock" || name == ServiceLock::kFile || name == "claim" || name == "damaged" || name == "rejected" ||
         IsUnfinishedName(name);
}

bool IsDirectory(const FileDescriptor& parent, const char* name) {
  struct stat status {};
  return ::fstatat(parent.get(), name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

bool IsOwnerOf(uid_t user, const FileDescriptor& directory) {
  struct stat status {};
  return ::fstat(directory.get(), &status) == 0 && status.st_uid == user;
}

// Another user can only put a file there while the directory is open to all, and such a file is not to be sent.
bool MayLeaveBatches(uid_t user, const FileDescriptor& directory) {
  return user == ::geteuid() || user == 0 || IsOwnerOf(user, directory);
}

constexpr std::errc kForeign = std::errc::operation_not_permitted, kTooLarge = std::errc::file_too_large;

// Of a file that may be a batch. One without a block is sparse, or its file system counts none.
off_t DiskBytesOf(const struct stat& status) {
  constexpr off_t kBlock = 512;  // whatever the blocks of the file system are: stat(2)
  const off_t most = std::numeric_limits<std::uint32_t>::max();
  return status.st_blocks == 0 ? status.st_size : std::min(status.st_blocks * kBlock, most);
}

}  // namespace

bool IsForeign(std::error_code error) { return error == kForeign; }

bool IsTooLarge(std::error_code error) { return error == kTooLarge; }

IoResult<std::uint32_t> BatchDiskBytes(const FileDescriptor& directory, const char* name) {
  struct stat status {};
  if (::fstatat(directory.get(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) return tl::make_unexpected(LastError());
  if (!S_ISREG(status.st_mode) || !MayLeaveBatches(status.st_uid, directory)) {
    return tl::make_unexpected(std::make_error_code(kForeign));
  }
  if (status.st_size > static_cast<off_t>(kMaxSpoolFileBytes)) {
    return tl::make_unexpected(std::make_error_code(kTooLarge));
  }
  return static_cast<std::uint32_t>(DiskBytesOf(status));
}

BatchListing ListBatches(const FileDescriptor& directory,
                         const std::function<void(const SpoolName& name, std::uint32_t disk_bytes)>& visit) {
  BatchListing listing;
  const auto look = [&](const char* text) {
    if (IsSpoolsOwn(text)) return;
    const auto name = ParseSpoolName(text);
    const auto bytes = name ? BatchDiskBytes(directory, text) : tl::make_unexpected(std::make_error_code(kForeign));
    if (bytes) return visit(*name, *bytes);
    if (IsForeign(bytes.error())) {
      listing.foreign.emplace_back(text);
    } else if (IsTooLarge(bytes.error())) {
      listing.too_large.push_back(*name);
    } else if (bytes.error() != std::errc::no_such_file_or_directory) {
      listing.error = bytes.error();
    }
  };
  if (const auto error = ForEachName(directory, look)) listing.error = error;
  std::sort(listing.foreign.begin(), listing.foreign.end());
  return listing;
}

SpoolRootListing ListSpoolRoot(const FileDescriptor& root) {
  SpoolRootListing listing;
  ForEachName(root, [&](const char* name) {
    const bool is_target = IsSpoolTargetName(name) && IsDirectory(root, name);
    (is_target ? listing.targets : listing.foreign).emplace_back(name);
  });
  std::sort(listing.targets.begin(), listing.targets.end());
  std::sort(listing.foreign.begin(), listing.foreign.end());
  return listing;
}

std::string NamesInShort(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  const std::size_t shown = std::min(kShown, names.size());
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

}  // namespace vmtelem

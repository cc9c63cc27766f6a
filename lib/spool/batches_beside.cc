#include "spool/batches_beside.h"

#include <cerrno>
#include <iterator>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "spool/fs/safe_open.h"

namespace vmtelem {
namespace {

bool IsMissing(const FileDescriptor& directory, const std::string& name) {
  return ::faccessat(directory.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

}  // namespace

void BatchesBeside::Add(const SpoolName& name, FileDescriptor file) {
  if (held_.size() < kMostHeld) held_.emplace(name, AwaitedBatch(name, std::move(file)));
}

// Most batches that are not held are younger, and are settled later: they are looked for only when others were settled.
std::vector<BatchesBeside::Settled> BatchesBeside::TakeSettled(const FileDescriptor& directory,
                                                               const SpoolIndex& index) {
  std::vector<Settled> settled = LookAtHeld(directory);
  if (held_.size() >= kMostHeld) return settled;
  index.EachWaiting(SpoolIndex::kOldest, [&](SpoolIndex::Id, const SpoolEntry& entry) {
    const bool is_known = entry.in_memory || held_.count(entry.name) > 0;
    if (!is_known && IsGone(directory, entry.name)) settled.push_back({entry.name, std::nullopt});
    return true;
  });
  return settled;
}

std::vector<BatchesBeside::Settled> BatchesBeside::LookAtHeld(const FileDescriptor& directory) {
  std::vector<Settled> settled;
  for (auto batch = held_.begin(); batch != held_.end();) {
    const auto outcome = batch->second.Look(directory);
    if (outcome) settled.push_back({batch->first, outcome});
    batch = outcome ? held_.erase(batch) : std::next(batch);
  }
  return settled;
}

bool BatchesBeside::IsGone(const FileDescriptor& directory, const SpoolName& name) {
  const std::string text = FormatSpoolName(name);
  if (held_.size() >= kMostHeld) return IsMissing(directory, text);
  auto file = OpenAndLock([&](int access) { return OpenOwnFile(directory, text.c_str(), access); });
  if (file) held_.emplace(name, AwaitedBatch(name, std::move(*file)));
  return !file && file.error() == std::errc::no_such_file_or_directory;
}

// Batches that are away stay held: their outcome may be written when their directory is back.
std::vector<BatchesBeside::Settled> BatchesBeside::End(const FileDescriptor& directory, const SpoolIndex& index) {
  std::vector<Settled> settled = LookAtHeld(directory);
  for (const auto& [name, batch] : held_) batch.Restore(directory);
  std::erase_if(held_, [&index](const auto& held) {
    const auto id = index.Find(held.first);
    return !id || index.Find(*id)->directory == index.directory();
  });
  return settled;
}

}  // namespace vmtelem

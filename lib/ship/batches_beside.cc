#include "ship/batches_beside.h"

#include <cerrno>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "ship/own_file.h"

namespace vmtelem {
namespace {

BatchesBeside::Settled Untold(const SpoolName& name) {
  return {name, {.dropped = name.lines, .reason = "another process settled it, and nobody has said how"}};
}

bool IsGone(const FileDescriptor& directory, const SpoolName& name) {
  const std::string text = FormatSpoolName(name);
  return ::faccessat(directory.get(), text.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

}  // namespace

void BatchesBeside::Add(const SpoolName& name, FileDescriptor file) {
  if (held_.size() < kMostHeld) {
    held_.emplace(name, AwaitedBatch(name, std::move(file)));
  } else {
    others_.insert(name);
  }
}

std::vector<BatchesBeside::Settled> BatchesBeside::TakeSettled(const FileDescriptor& directory) {
  std::vector<Settled> settled;
  for (auto batch = held_.begin(); batch != held_.end();) {
    const auto outcome = batch->second.Look(directory);
    if (outcome) settled.push_back({batch->first, *outcome});
    batch = outcome ? held_.erase(batch) : std::next(batch);
  }
  HoldMore(directory, settled);
  return settled;
}

void BatchesBeside::HoldMore(const FileDescriptor& directory, std::vector<Settled>& settled) {
  while (held_.size() < kMostHeld && !others_.empty()) {
    const SpoolName name = *others_.begin();
    const std::string text = FormatSpoolName(name);
    auto file = OpenAndLock([&](int access) { return OpenOwnFile(directory, text.c_str(), access); });
    if (!file && file.error() != std::errc::no_such_file_or_directory) return;  // it is settled just now
    if (file) held_.emplace(name, AwaitedBatch(name, std::move(*file)));
    if (!file) settled.push_back(Untold(name));
    others_.erase(name);
  }
}

std::vector<BatchesBeside::Settled> BatchesBeside::End(const FileDescriptor& directory) {
  std::vector<Settled> settled = TakeSettled(directory);
  for (const auto& [name, batch] : held_) batch.Restore(directory);
  for (const SpoolName& name : others_) {
    if (IsGone(directory, name)) settled.push_back(Untold(name));
  }
  held_.clear();
  others_.clear();
  return settled;
}

}  // namespace vmtelem

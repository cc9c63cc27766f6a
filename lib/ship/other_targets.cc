#include "ship/other_targets.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "ship/spool_listing.h"

namespace vmtelem {
namespace {

FileDescriptor OpenTarget(const FileDescriptor& root, const std::string& name) {
  return FileDescriptor(::openat(root.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

}  // namespace

void OtherTargets::Refresh(const FileDescriptor& root, const std::string& ours, SteadyTime now) {
  LookAtClaims(root, now);
  if (now < due_) return;
  due_ = now + kInterval;
  std::vector<Target> counted;
  for (const std::string& name : ListSpoolRoot(root).targets) {
    if (name != ours) counted.push_back(Count(root, name));
  }
  targets_ = std::move(counted);
}

void OtherTargets::LookAtClaims(const FileDescriptor& root, SteadyTime now) {
  if (now < claims_due_) return;
  claims_due_ = now + std::chrono::seconds(1);
  for (Target& target : targets_) {
    const FileDescriptor directory = OpenTarget(root, target.name);
    if (directory.valid()) target.claimed_bytes = target.claim.Look(directory, now);
  }
}

OtherTargets::Target OtherTargets::Count(const FileDescriptor& root, const std::string& name) const {
  Target target{name};
  const FileDescriptor directory = OpenTarget(root, name);
  struct stat status {};
  if (!directory.valid() || ::fstat(directory.get(), &status) != 0) return target;
  target.changed_at = status.st_mtim;
  const auto known = std::find_if(targets_.begin(), targets_.end(), [&](const Target& t) { return t.name == name; });
  if (known != targets_.end()) {
    target.claim = known->claim;
    target.claimed_bytes = known->claimed_bytes;
    const bool is_same =
        known->changed_at.tv_sec == target.changed_at.tv_sec && known->changed_at.tv_nsec == target.changed_at.tv_nsec;
    if (is_same) return *known;
  }
  ListBatches(directory, [&target](const SpoolName& batch, std::uint32_t bytes) {
    ++target.batches;
    target.lines += batch.lines;
    target.bytes += bytes;
  });
  return target;
}

std::uint64_t OtherTargets::bytes() const {
  std::uint64_t sum = 0;
  for (const Target& target : targets_) sum += target.bytes;
  return sum;
}

std::vector<OtherShare> OtherTargets::shares() const {
  std::vector<OtherShare> shares;
  for (const Target& target : targets_) shares.push_back({target.bytes, target.claimed_bytes});
  return shares;
}

}  // namespace vmtelem

#include "spool/other_targets.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>

#include "spool/spool_listing.h"

namespace vmtelem {
namespace {

FileDescriptor OpenTarget(const FileDescriptor& root, const std::string& name) {
  return FileDescriptor(::openat(root.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

}  // namespace

bool OtherTargets::Refresh(const FileDescriptor& root, const std::string& ours, SteadyTime now) {
  LookAtEach(root, now);
  if (now < due_) return false;
  counted_at_ = now;
  due_ = now + kInterval;
  std::vector<Target> counted;
  for (const std::string& name : ListSpoolRoot(root).targets) {
    if (name != ours) counted.push_back(Count(root, name));
  }
  targets_ = std::move(counted);
  return true;
}

void OtherTargets::LookAtEach(const FileDescriptor& root, SteadyTime now) {
  if (now < looks_due_) return;
  looks_due_ = now + std::chrono::seconds(1);
  for (Target& target : targets_) {
    const FileDescriptor directory = OpenTarget(root, target.name);
    if (!directory.valid()) continue;
    target.claimed_bytes = target.claim.Look(directory, now);
    const std::int64_t changed_at_ns = ChangedAtNs(directory);
    const bool has_changed = std::exchange(target.changed_at_ns, changed_at_ns) != changed_at_ns;
    if (has_changed || target.claimed_bytes > 0) target.alive_until = now + kAlive;
  }
}

OtherTargets::Target OtherTargets::Count(const FileDescriptor& root, const std::string& name) const {
  const auto known = std::find_if(targets_.begin(), targets_.end(), [&](const Target& t) { return t.name == name; });
  const bool is_known = known != targets_.end();
  Target target = is_known ? *known : Target{name};
  const FileDescriptor directory = OpenTarget(root, name);
  const std::int64_t changed_at_ns = directory.valid() ? ChangedAtNs(directory) : 0;
  if (is_known && known->counted_at_ns == changed_at_ns) return target;
  if (!is_known) target.changed_at_ns = changed_at_ns;
  target.counted_at_ns = changed_at_ns;
  target.batches = target.lines = target.bytes = 0;
  if (!directory.valid()) return target;
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

std::vector<OtherShare> OtherTargets::shares(SteadyTime now) const {
  std::vector<OtherShare> shares;
  for (const Target& target : targets_) {
    shares.push_back({target.bytes, target.claimed_bytes, now < target.alive_until});
  }
  return shares;
}

}  // namespace vmtelem

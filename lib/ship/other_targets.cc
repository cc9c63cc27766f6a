#include "ship/other_targets.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "ship/spool_listing.h"

namespace vmtelem {

void OtherTargets::Refresh(const FileDescriptor& root, const std::string& ours, SteadyTime now) {
  if (now < due_) return;
  due_ = now + kInterval;
  std::vector<Target> counted;
  for (const std::string& name : ListSpoolRoot(root).targets) {
    if (name != ours) counted.push_back(Count(root, name));
  }
  targets_ = std::move(counted);
}

OtherTargets::Target OtherTargets::Count(const FileDescriptor& root, const std::string& name) const {
  Target target{name};
  const FileDescriptor directory(::openat(root.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!directory.valid() || ::fstat(directory.get(), &status) != 0) return target;
  target.changed_at = status.st_mtim;
  const auto known = std::find_if(targets_.begin(), targets_.end(), [&](const Target& t) { return t.name == name; });
  if (known != targets_.end() && known->changed_at.tv_sec == target.changed_at.tv_sec &&
      known->changed_at.tv_nsec == target.changed_at.tv_nsec) {
    return *known;
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

}  // namespace vmtelem

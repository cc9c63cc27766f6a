#include "spool/join_plan.h"

#include <algorithm>

namespace vmtelem {

bool JoinPlan::Offer(SpoolIndex::Id id, const SpoolEntry& entry) {
  if (!MayBePart(entry)) return true;
  if (!parts_.empty() && !Fits(entry)) {
    if (parts_.size() > 1) return false;
    Clear();  // a batch that stands alone is left as it is
  }
  last_wall_ns_ = parts_.empty() ? entry.name.last_wall_ns : std::max(last_wall_ns_, entry.name.last_wall_ns);
  parts_.push_back(id);
  lines_ += entry.name.lines;
  file_bytes_ += entry.bytes;
  return true;
}

// Whether the text is small shows only when it is read, but it is not smaller than its file.
bool JoinPlan::MayBePart(const SpoolEntry& entry) const {
  return !entry.in_memory && entry.name.last_wall_ns <= settled_ns_ && !IsLarge(limits_, entry.name.lines, entry.bytes);
}

bool JoinPlan::Fits(const SpoolEntry& entry) const {
  return IsNear(limits_, last_wall_ns_, entry.name) && parts_.size() < limits_.max_parts &&
         lines_ + entry.name.lines <= limits_.max_lines;
}

void JoinPlan::Clear() {
  parts_.clear();
  lines_ = file_bytes_ = 0;
}

}  // namespace vmtelem

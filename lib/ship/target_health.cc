#include "ship/target_health.h"

namespace vmtelem {

void TargetHealth::Stored(const Batch& sent, SteadyTime now) {
  ++stored_;
  last_was_stored_ = true;
  stored_at_ = now;
  failures_ = 0;
  stored_line_ = std::make_shared<const Batch>(sent.Slice(0, 1));
}

bool TargetHealth::well(SteadyTime now) const {
  if (stored_ == 0) return false;
  return failures_ < kFailuresToDoubt || now < stored_at_ + kTimeToDoubt;
}

}  // namespace vmtelem

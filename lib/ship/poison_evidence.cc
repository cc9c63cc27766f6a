#include "ship/poison_evidence.h"

namespace vmtelem {

void PoisonEvidence::NotStored(Kind kind, bool stored_before) {
  kind_ = kind;
  if (failures_++ == 0) others_stored_ = false;
  awaits_next_ = stored_before;
  if (!stored_before) counted_ = 0;
  if (is_refusal()) doubts_target_ = !stored_before;
}

bool PoisonEvidence::OtherAnswered(bool stored) {
  others_stored_ = others_stored_ || stored;
  if (!std::exchange(awaits_next_, false)) return false;
  counted_ = stored ? counted_ + 1 : 0;
  return stored;
}

bool PoisonEvidence::ProbeStored() {
  probes_refused_ = 0;
  return std::exchange(doubts_target_, false);
}

bool PoisonEvidence::WantsProbe(bool stored_before, bool same_lines) const {
  if (doubts_target_) return true;
  if (!exists()) return false;
  const bool again = is_refusal() || failures_ > 1;
  return awaits_next_ || (again && !stored_before && same_lines);
}

}  // namespace vmtelem

#include "ship/track_record.h"

namespace vmtelem {

void TrackRecord::Accepted(Request request, SteadyTime now) {
  ++accepted_;
  accepted_at_ = now;
  failures_ = 0;
  ask_again_at_ = {};
  backoff_.Reset();
  if (!request.trial) return;
  ++trials_.accepted;
  trials_.failure_rate -= kWeight * trials_.failure_rate;
}

void TrackRecord::Failed(Request request, SteadyTime now) {
  if (!request.proving) ++failures_;
  trials_.well = failures_ < kFailuresToDoubt || now < accepted_at_ + kTimeToDoubt;
  if (!request.trial) return;
  ++trials_.suspected;
  trials_.failure_rate += kWeight * (1 - trials_.failure_rate);
}

void TrackRecord::Hasten(Nanoseconds cap) {
  backoff_.set_cap(cap);
  ask_again_at_ = {};
}

}  // namespace vmtelem

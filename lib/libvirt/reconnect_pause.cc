#include "libvirt/reconnect_pause.h"

#include <utility>

namespace vmtelem {

ReconnectPause::ReconnectPause(Nanoseconds cap, std::function<double()> random)
    : cap_(cap), backoff_(std::move(random)) {}

// A daemon that went away is often back at once, so the second attempt is made without a pause.
void ReconnectPause::NoteFailure(SteadyTime now) {
  if (std::exchange(has_failed_, true)) next_ = now + backoff_.Next(cap_);
}

void ReconnectPause::NoteSuccess() {
  backoff_.Reset();
  has_failed_ = false;
  next_ = SteadyTime::min();
}

}  // namespace vmtelem

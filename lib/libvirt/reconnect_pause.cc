#include "libvirt/reconnect_pause.h"

#include <algorithm>
#include <utility>

namespace vmtelem {

ReconnectPause::ReconnectPause(Bounds bounds, std::function<double()> random)
    : bounds_(bounds), random_(random), backoff_(std::move(random)) {}

void ReconnectPause::NoteLost(SteadyTime now) {
  if (!std::exchange(is_lost_, true)) next_ = std::max(next_, now + First());
}

void ReconnectPause::NoteFailure(SteadyTime now) {
  next_ = now + (std::exchange(has_failed_, true) ? backoff_.Next(bounds_.cap) : First());
}

Nanoseconds ReconnectPause::First() const {
  return Nanoseconds(static_cast<Nanoseconds::rep>(static_cast<double>(bounds_.first.count()) * random_()));
}

void ReconnectPause::NoteSuccess() {
  backoff_.Reset();
  is_lost_ = has_failed_ = false;
  next_ = SteadyTime::min();
}

}  // namespace vmtelem

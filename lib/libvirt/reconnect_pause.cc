#include "libvirt/reconnect_pause.h"

#include <optional>
#include <utility>

namespace vmtelem {

ReconnectPause::ReconnectPause(Nanoseconds cap, std::function<double()> random) : backoff_(cap, std::move(random)) {}

void ReconnectPause::NoteFailure(SteadyTime now) { next_ = now + backoff_.Next(std::nullopt); }

void ReconnectPause::NoteSuccess() {
  backoff_.Reset();
  next_ = SteadyTime::min();
}

}  // namespace vmtelem

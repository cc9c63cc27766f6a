#include "ship/ledger.h"

namespace vmtelem {

void Ledger::Sampled(std::uint64_t lines, Place place) {
  const std::lock_guard guard(mutex_);
  counts_.sampled += lines;
  At(place) += lines;
}

void Ledger::Recovered(std::uint64_t lines) {
  const std::lock_guard guard(mutex_);
  counts_.recovered += lines;
  counts_.spooled += lines;
}

void Ledger::Move(Place from, Place to, std::uint64_t lines) {
  const std::lock_guard guard(mutex_);
  At(from) -= lines;
  At(to) += lines;
}

LineCounts Ledger::counts() const {
  const std::lock_guard guard(mutex_);
  return counts_;
}

std::uint64_t& Ledger::At(Place place) {
  switch (place) {
    case Place::kQueued:
      return counts_.queued;
    case Place::kSpooled:
      return counts_.spooled;
    case Place::kInFlight:
      return counts_.in_flight;
    case Place::kWritten:
      return counts_.written;
    case Place::kRejected:
      return counts_.rejected;
    case Place::kHandedOver:
      return counts_.handed_over;
    case Place::kDropped:
      break;
  }
  return counts_.dropped;
}

}  // namespace vmtelem

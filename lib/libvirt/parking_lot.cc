#include "libvirt/parking_lot.h"

#include <algorithm>

namespace vmtelem {

ParkedCall ParkingLot::Park() { return Enter(SteadyTime::min()); }

ParkedCall ParkingLot::NoteClosing(SteadyTime now) { return Enter(now + kClosingPatience); }

ParkedCall ParkingLot::Enter(SteadyTime blocked_from) {
  const std::lock_guard guard(mutex_);
  threads_.emplace(++last_id_, blocked_from);
  return {shared_from_this(), last_id_};
}

void ParkingLot::Leave(const ParkedCall& call) {
  const std::lock_guard guard(mutex_);
  threads_.erase(call.id_);
  left_.notify_all();
}

bool ParkingLot::Holds(std::uint64_t id) const {
  const std::lock_guard guard(mutex_);
  return threads_.contains(id);
}

std::size_t ParkingLot::size() const {
  const std::lock_guard guard(mutex_);
  return threads_.size();
}

std::size_t ParkingLot::blocked(SteadyTime now) const {
  const std::lock_guard guard(mutex_);
  return BlockedLocked(now);
}

std::size_t ParkingLot::BlockedLocked(SteadyTime now) const {
  return static_cast<std::size_t>(
      std::count_if(threads_.begin(), threads_.end(), [&](const auto& thread) { return thread.second <= now; }));
}

std::size_t ParkingLot::AwaitClosed(Clock& clock, SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  clock.WaitUntil(lock, left_, deadline, [&] { return threads_.size() == BlockedLocked(SteadyTime::min()); });
  return threads_.size();
}

}  // namespace vmtelem

#include "libvirt/lane_pool.h"

#include <system_error>
#include <utility>

namespace vmtelem {

void LanePool::Resize(std::size_t wanted) {
  const std::size_t size = wanted + kSpares;
  while (idle_.size() > size) idle_.pop_back();
  while (idle_.size() < size) {
    auto lane = Make();
    if (lane == nullptr) return;
    idle_.push_back(std::move(lane));
  }
}

Result<std::unique_ptr<BulkLane>> LanePool::Take() {
  if (idle_.empty()) {
    auto lane = Make();
    if (lane == nullptr) return Fail(ErrorCode::kInternal, "cannot start a thread");
    return lane;
  }
  auto lane = std::move(idle_.front());
  idle_.pop_front();
  return lane;
}

void LanePool::GiveBack(std::unique_ptr<BulkLane> lane) { idle_.push_back(std::move(lane)); }

void LanePool::NoteNewDaemon() {
  DropAll();
  old_lots_.push_back(std::exchange(lot_, std::make_shared<ParkingLot>()));
  std::erase_if(old_lots_, [](const auto& lot) { return lot->size() == 0; });
}

std::size_t LanePool::Close(SteadyTime deadline) {
  DropAll();
  std::size_t left = lot_->AwaitClosed(clock_, deadline);
  for (const auto& lot : old_lots_) left += lot->AwaitClosed(clock_, deadline);
  return left;
}

std::unique_ptr<BulkLane> LanePool::Make() {
  try {
    return std::make_unique<BulkLane>(std::make_unique<BulkSession>(uri_), clock_, lot_, bell_);
  } catch (const std::system_error&) {
    return nullptr;
  }
}

}  // namespace vmtelem

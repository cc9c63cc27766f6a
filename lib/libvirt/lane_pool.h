#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "libvirt/bulk_session.h"

namespace vmtelem {

// The bulk lanes of a hypervisor that have nothing to do. The one that has rested longest goes first, so that all of
// them, the spare ones too, are connected and know the VMs before they are needed. For the collector's thread; never
// waits.
class LanePool {
 public:
  // Lanes beyond those of a healthy cycle, to ask again with while others are blocked.
  static constexpr std::size_t kSpares = 2;

  LanePool(std::string uri, Clock& clock, std::shared_ptr<Doorbell> bell)
      : uri_(std::move(uri)), clock_(clock), bell_(std::move(bell)) {}

  // Between cycles, when no lane is out: has as many as are `wanted` at once in a healthy cycle, and the spares.
  void Resize(std::size_t wanted);

  Result<std::unique_ptr<BulkLane>> Take();
  void GiveBack(std::unique_ptr<BulkLane> lane);
  void DropAll() { idle_.clear(); }
  // The daemon is another one: calls to the old one that never return are not at this one's expense.
  void NoteNewDaemon();

  // Where lanes go that are left behind.
  [[nodiscard]] const std::shared_ptr<ParkingLot>& lot() const { return lot_; }
  // Drops all, waits until the connections that are being closed are, and gives the number of blocked calls.
  std::size_t Close(SteadyTime deadline);

 private:
  std::unique_ptr<BulkLane> Make();

  const std::string uri_;
  Clock& clock_;
  const std::shared_ptr<Doorbell> bell_;
  std::shared_ptr<ParkingLot> lot_ = std::make_shared<ParkingLot>();
  std::vector<std::shared_ptr<ParkingLot>> old_lots_;  // that still hold a thread
  std::deque<std::unique_ptr<BulkLane>> idle_;
};

}  // namespace vmtelem

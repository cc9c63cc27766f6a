#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "model/delivery.h"
#include "model/delivery_options.h"
#include "ship/backlog_rate_limiter.h"
#include "ship/deliveries.h"
#include "ship/known_poison.h"
#include "ship/reserved_slot.h"
#include "ship/target_status.h"
#include "ship/waiting_batches.h"

namespace vmtelem {

// Decides what is sent next, and when. Live batches go first, oldest first; beside them, in all slots but the last free
// one, go the backlog at a bounded rate and batches that may hold a line at fault. While the target is well there are
// as many slots as it takes requests at once, while it fails one; while it refuses everything, only probes go. Takes
// batches from the spool for that. Writer's thread.
class SendOrder {
 public:
  // All must outlive this. `random` is uniform in [0, 1).
  SendOrder(const DeliveryOptions& options, Spool& spool, const TargetStatus& target, Deliveries& deliveries,
            const std::function<double()>& random)
      : options_(options),
        spool_(spool),
        target_(target),
        deliveries_(deliveries),
        random_(random),
        waiting_(spool, options),
        backlog_limiter_(options) {}

  // A batch was just sealed and waits in the spool.
  void Sealed(SpooledBatch added, SteadyTime now);
  // The delivery to send now. Null if there is none, or no slot for it.
  InFlight* Next(SteadyTime now);
  // The request to send of it, but for an id; it has had its turn then.
  Request Compose(InFlight& delivery);

  // The next two hold when Next() has given all there was. A batch that is sealed now would be sent now.
  [[nodiscard]] bool HasRoom(SteadyTime now) const { return MayStart(now) && HasRoomFor(Priority::kLive); }
  // When there may be more although no request has ended.
  [[nodiscard]] std::optional<SteadyTime> NextStart(SteadyTime now) const;
  // What waits fills more than one request, and could go if there were one more slot.
  [[nodiscard]] bool WorkWaits(SteadyTime now) const;
  // Memory holds enough batches that are searched for lines at fault, and this one still waits for its search.
  [[nodiscard]] bool ShouldHandBack(const InFlight& delivery) const;

  // From now on nothing is spared for live batches, and the backlog goes at full speed.
  void Hasten() { hastened_ = true; }

  WaitingBatches& waiting() { return waiting_; }
  [[nodiscard]] const WaitingBatches& waiting() const { return waiting_; }

 private:
  [[nodiscard]] bool MayStart(SteadyTime now) const;
  [[nodiscard]] std::size_t SlotsOpen() const { return target_.sending() ? MostAtOnce() : 1; }
  [[nodiscard]] std::size_t MostAtOnce() const { return target_.in_flight_limit().limit(); }
  [[nodiscard]] bool TooManySearches() const;
  [[nodiscard]] bool HasRoomFor(Priority priority) const;
  [[nodiscard]] bool HasMemory() const;
  [[nodiscard]] bool BacklogMayBeTaken(SteadyTime now) const;
  bool MayUseSlot(Priority priority, SteadyTime now);
  [[nodiscard]] std::array<Priority, 3> PriorityOrder() const;
  InFlight* Choose(SteadyTime now);
  InFlight* ChooseProbed(SteadyTime now);
  [[nodiscard]] bool HasAnotherTurn(Priority priority, const InFlight& ready) const;
  InFlight* Take(Priority priority, SteadyTime now);
  [[nodiscard]] WaitingBatches::Limit JoinLimit() const;
  std::shared_ptr<const Batch> ProbeFor(InFlight& delivery);

  const DeliveryOptions& options_;
  const Spool& spool_;
  const TargetStatus& target_;
  Deliveries& deliveries_;
  const std::function<double()>& random_;
  WaitingBatches waiting_;
  KnownPoison known_;
  BacklogRateLimiter backlog_limiter_;
  ReservedSlot reserved_slot_;
  Priority last_ = Priority::kBacklog, last_beside_ = Priority::kBacklog;  // sent last; likewise, but for kLive
  bool hastened_ = false;
  std::size_t probes_ = 0;
};

}  // namespace vmtelem

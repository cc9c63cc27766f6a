#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "libvirt/api/probe_times.h"
#include "libvirt/bulk_session.h"
#include "libvirt/daemon_life.h"
#include "libvirt/reconnect_pause.h"
#include "libvirt/source_bounds.h"

namespace vmtelem {

// The idle bulk lanes of a hypervisor. The lane that has rested longest goes first, so that all lanes, the spare ones
// too, are used. Lanes are connected beside the cycles, one at a time: that may take for ever, and nobody with another
// lane waits for it. For the collector's thread; never waits.
class LanePool {
 public:
  // At most so many lanes wait for an attempt to connect that is not answered.
  static constexpr std::size_t kMostConnecting = 2;
  // An attempt that takes longer does not keep another from being made.
  static constexpr Nanoseconds kConnectPatience = std::chrono::seconds(1);
  // Events of one VM reach connections one after the other. A lane that lacks a VM for longer has to list the VMs.
  static constexpr Nanoseconds kEventPatience = std::chrono::seconds(2);

  struct Parts {  // all must outlive the pool
    Clock& clock;
    ReconnectPause& pause;
    DaemonLife& life;
    const SourceBounds& bounds;
  };
  struct Size {
    std::size_t needed = 1;  // for a healthy cycle
    std::size_t spare = 0;
  };
  LanePool(std::string uri, const Parts& parts, std::shared_ptr<Notifier> notifier)
      : uri_(std::move(uri)), parts_(parts), notifier_(std::move(notifier)) {}

  // Call between cycles. Sets how many lanes there should be.
  void Resize(Size size);
  // Takes over lanes that have been connected meanwhile, and starts to connect the next one if there are too few. `out`
  // lanes are taken and soon come back. `may_list`: no VM's lock is known to be held.
  void Tend(std::size_t out, bool may_list);
  // Starts to connect one more lane, unless an attempt is under way or it is too soon after a failure.
  void ConnectAnother();

  [[nodiscard]] bool ready() const { return !ready_.empty(); }
  [[nodiscard]] std::size_t count_ready() const { return ready_.size(); }
  // A lane's connection has ended by itself.
  void NoteLost() { parts_.pause.NoteLost(parts_.clock.SteadyNow()); }

  // When the newest idle lane was connected.
  [[nodiscard]] std::optional<SteadyTime> newest() const;
  // Until when the attempt to connect that is under way is worth waiting for. Nothing if there is no attempt.
  [[nodiscard]] std::optional<SteadyTime> connecting_until() const;
  // Whether an attempt to connect has been held up by this machine.
  [[nodiscard]] bool is_at_work() const;
  // Whether an attempt to connect has come to its end.
  [[nodiscard]] bool has_news() const;
  // The error of the last attempt, if it failed.
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }

  // Null if no lane is ready.
  std::unique_ptr<BulkLane> Take();
  std::unique_ptr<BulkLane> TakeNewest();
  // `knows_all`: its connection had a pointer of each VM of the request. A lane that lacks pointers for long lists the
  // VMs.
  void GiveBack(std::unique_ptr<BulkLane> lane, bool knows_all = true);
  // Drops the idle lanes whose connections were open before `moment`.
  void DropOlder(SteadyTime moment);

  // Counts the calls that do not return.
  [[nodiscard]] const std::shared_ptr<ParkedCalls>& parked_calls() const { return parked_calls_; }
  // Drops all lanes, waits until their connections are closed, and returns the number of blocked calls.
  std::size_t Close(SteadyTime deadline);

 private:
  struct Connecting {
    std::unique_ptr<BulkLane> lane;
    Pending<Result<void>> done;
    SteadyTime since;
    ProbeTimes probe_times{};
  };
  void Connect(ThreadBudget::Use use);
  std::unique_ptr<BulkLane> Make(ThreadBudget::Use use);
  void StartConnecting(std::unique_ptr<BulkLane> lane);
  void TakeConnected(Connecting connected);
  [[nodiscard]] bool MayConnect() const;

  const std::string uri_;
  const Parts parts_;
  const std::shared_ptr<Notifier> notifier_;
  const std::shared_ptr<ParkedCalls> parked_calls_ = std::make_shared<ParkedCalls>();
  std::deque<std::unique_ptr<BulkLane>> ready_;
  std::vector<Connecting> connecting_;
  Size size_;
  bool may_list_ = true;
  std::optional<Error> fault_;
};

}  // namespace vmtelem

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
#include "libvirt/bulk_session.h"
#include "libvirt/daemon_life.h"
#include "libvirt/reconnect_pause.h"

namespace vmtelem {

// The bulk lanes of a hypervisor that have nothing to do. The one that has rested longest goes first, so that all of
// them, the spare ones too, are in use. Lanes are connected beside the cycles, one at a time: that may take as long as
// anything, and nobody waits for it who has another lane. For the collector's thread; never waits.
class LanePool {
 public:
  // Lanes beyond those of a healthy cycle. While a VM's lock is held none can be made, since that needs a listing. So
  // there have to be enough for four locks at once: each may hold up a shard and the call that finds it.
  static constexpr std::size_t kSpares = 5;
  // To a remote host: each may be an ssh process.
  static constexpr std::size_t kSparesOfRemote = 2;
  // At most so many are left in an attempt to connect that is not answered.
  static constexpr std::size_t kMostConnecting = 2;
  // An attempt that takes longer does not keep another from being made.
  static constexpr Nanoseconds kConnectPatience = std::chrono::seconds(1);
  // Events of one VM reach connections one after the other. A VM that is unknown for longer has to be listed.
  static constexpr Nanoseconds kEventPatience = std::chrono::seconds(2);

  struct Parts {  // all must outlive the pool
    Clock& clock;
    ReconnectPause& pause;
    DaemonLife& life;
  };
  LanePool(std::string uri, const Parts& parts, std::shared_ptr<Notifier> notifier)
      : uri_(std::move(uri)), parts_(parts), notifier_(std::move(notifier)) {}

  // Between cycles: how many there should be.
  void Resize(std::size_t size);
  // Takes over what has been connected meanwhile, and starts to connect the next lane if there are fewer than there
  // should be. `out` are taken and soon come back. `may_list`: no VM's lock is known to be held.
  void Tend(std::size_t out, bool may_list);
  // One more is needed: starts to connect it, unless that is being done or it is too soon after a failure.
  void ConnectAnother();

  [[nodiscard]] bool ready() const { return !ready_.empty(); }
  [[nodiscard]] std::size_t count_ready() const { return ready_.size(); }
  // When the newest of those that are ready was connected.
  [[nodiscard]] std::optional<SteadyTime> newest() const;
  // When the attempt to connect that is under way has taken too long to be waited for. Nothing: there is none.
  [[nodiscard]] std::optional<SteadyTime> connecting_until() const;
  // Whether an attempt to connect has come to its end.
  [[nodiscard]] bool has_news() const;
  // Of the last attempt, if it failed.
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }

  // Null: none is ready.
  std::unique_ptr<BulkLane> Take();
  std::unique_ptr<BulkLane> TakeNewest();
  // `knows_all`: its connection had a pointer of each VM that it was asked for. Where that lasts, it lists the VMs.
  void GiveBack(std::unique_ptr<BulkLane> lane, bool knows_all = true);
  // Drops those that are ready on connections which were open before `moment`.
  void DropOlder(SteadyTime moment);

  // Where calls are counted that do not return.
  [[nodiscard]] const std::shared_ptr<ParkedCalls>& parked_calls() const { return parked_calls_; }
  // Drops all, waits until the connections that are being closed are, and gives the number of blocked calls.
  std::size_t Close(SteadyTime deadline);

 private:
  struct Connecting {
    std::unique_ptr<BulkLane> lane;
    Pending<Result<void>> done;
    SteadyTime since;
  };
  std::unique_ptr<BulkLane> Make();
  void StartConnecting(std::unique_ptr<BulkLane> lane);
  void TakeConnected(Connecting connected);
  [[nodiscard]] bool MayConnect() const;

  const std::string uri_;
  const Parts parts_;
  const std::shared_ptr<Notifier> notifier_;
  const std::shared_ptr<ParkedCalls> parked_calls_ = std::make_shared<ParkedCalls>();
  std::deque<std::unique_ptr<BulkLane>> ready_;
  std::vector<Connecting> connecting_;
  std::size_t size_ = 1;
  bool may_list_ = true;
  std::optional<Error> fault_;
};

}  // namespace vmtelem

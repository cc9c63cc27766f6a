#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"
#include "libvirt/bulk_session.h"
#include "libvirt/daemon_life.h"
#include "libvirt/lane_pool.h"

namespace vmtelem {

// Finds out what holds up late calls. It asks their VMs for their state, one by one, on a separate lane: that waits for
// a VM's lock and needs no monitor.
//  - A VM that answers while its monitor is busy with one command may hang: LateCalls judges for how long.
//  - A VM's lock is held if the VM does not answer while the daemon answers a later call (a ping, which touches no VM,
//    or any other) on a connection that was open before.
//  - Otherwise nothing answers, and no VM is to blame.
// The late calls are the caller's. For the collector's thread; never waits.
class HangSearch {
 public:
  // A VM answers in 0.3 ms (QEMU 7.2, libvirt 9.0); a call that takes hundreds of times as long waits for something.
  static constexpr Nanoseconds kPatience = std::chrono::milliseconds(150);
  // After this time the search pings the daemon.
  static constexpr Nanoseconds kPingAfter = std::chrono::milliseconds(50);

  struct Parts {  // all must outlive the search
    LanePool& lanes;
    DaemonLife& life;
    Clock& clock;
  };
  explicit HangSearch(const Parts& parts) : parts_(parts) {}

  struct Locked {
    std::shared_ptr<const DomainRef> domain;
    ParkedCall call;  // waits for the VM's lock
    SteadyTime since;
  };
  struct Finding {
    std::vector<SweepProgress::Blocked> blocked;
    std::optional<Locked> locked;  // the search ended at this VM; the VMs behind it were not asked
    bool incomplete = false;       // too many searches wait for locks to look at all
  };

  [[nodiscard]] bool running() const { return sweep_.has_value(); }
  // At most so many searches wait for a lock.
  static constexpr std::size_t kMostWaiting = 2;
  [[nodiscard]] bool may_start() const { return waiting_.size() < kMostWaiting; }
  // Starts a search, unless no lane is ready.
  bool Start(DomainRefs suspects);
  // Takes the answers that have come. Returns the finding, once, when the search is over.
  std::optional<Finding> Step();
  // When Step() may find more although no answer comes.
  [[nodiscard]] SteadyTime look_at() const;
  // Whether any answer has come.
  [[nodiscard]] bool has_news() const;
  // Since when the search or a ping has waited while no later call was answered, if that is longer than the patience.
  [[nodiscard]] std::optional<SteadyTime> silent_since() const;

  // Pings the daemon if a lane is ready; pings again on another lane if no answer comes, and on a lane that was
  // connected since. The answers go to DaemonLife.
  void Ping();
  [[nodiscard]] bool pinging() const { return !pings_.empty(); }
  // Whether a ping on a connection that was open at `moment` has waited for longer than the patience.
  [[nodiscard]] bool ping_is_silent(SteadyTime moment) const;

  // The number of lanes that are in use and soon come back.
  [[nodiscard]] std::size_t lanes_out() const { return (sweep_ ? 1U : 0U) + pings_.size(); }

  // Leaves all calls behind: their connections lead nowhere.
  void LeaveBehind();
  // Leaves the calls behind that wait for locks; the others end in a moment.
  void Close();

 private:
  using Lane = std::unique_ptr<BulkLane>;
  struct Sweep {
    DomainRefs suspects;
    Lane lane;
    Pending<Result<void>> done;
    std::shared_ptr<SweepProgress> progress;
    std::size_t calls = 0;
    SteadyTime at_since;  // start of the latest call
  };
  struct Call {  // a ping, or a sweep that waits for a lock
    Lane lane;
    Pending<Result<void>> done;
    SteadyTime since;
    std::optional<ParkedCall> parked;
  };
  void TakeBack(Lane lane, SteadyTime asked, const Result<void>& outcome);
  void TakePings();
  void StartPing(Lane lane);
  void TakeWaiting();
  Finding Finish();
  Finding LeaveAtLock();

  const Parts parts_;
  std::optional<Sweep> sweep_;
  std::vector<Call> pings_;
  std::vector<Call> waiting_;  // for locks
};

}  // namespace vmtelem

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "libvirt/asking_order.h"
#include "libvirt/daemon_life.h"
#include "libvirt/lane_pool.h"
#include "libvirt/late_calls.h"
#include "libvirt/stats_calls.h"
#include "libvirt/stuck_domains.h"

namespace vmtelem {

// The outcome of one cycle.
struct CycleResult {
  std::vector<StatsResult> stats;
  DomainRefs failed;  // the call failed or was given up
  std::string why_failed;
  DomainRefs late;       // the call goes on, into the next cycle
  DomainRefs set_aside;  // in this cycle
  bool replaced_connections = false;
};

// Collects the statistics of all VMs, cycle by cycle, in shards on parallel lanes. A call that waits does not hold up
// the others (see LateCalls). A call that outlasts its cycle goes on into the next one, which does not ask for its VMs
// again. For the collector's thread.
class StatsCycle {
 public:
  struct Parts {  // all must outlive this
    LanePool& lanes;
    StuckDomains& stuck;
    DaemonLife& life;
    Clock& clock;
    Notifier& notifier;
  };
  struct Plan {
    StatsCalls::Terms terms;
    // When the next cycle is due. A few calls that wait do not delay it; calls that were made again because of a VM
    // that hangs delay it by less than half an interval.
    SteadyTime next_tick = SteadyTime::max();
    SteadyTime deadline;  // of the cycle
  };
  // A call that takes longer than `timeout` is given up.
  StatsCycle(const Parts& parts, Nanoseconds timeout)
      : parts_(parts),
        timeout_(timeout),
        calls_(parts.lanes, parts.clock, timeout),
        late_calls_({parts.lanes, parts.stuck, parts.life, parts.clock}, calls_) {}

  // Fails if nothing answers: kUnreachable, kDenied, kTimeout (without a message); kClosed: interrupted. Without any VM
  // to ask for, a ping shows whether the daemon answers.
  Result<CycleResult> Collect(const DomainRefs& domains, Plan plan);

  // Call between cycles: connections that were open before `moment` lead nowhere.
  void LeaveBehind(SteadyTime moment);
  // Stops waiting for all calls.
  void Close();

 private:
  void Begin(const DomainRefs& domains, Plan plan);
  void TakeBetweenCycles();
  void AskAfterSilence();
  void Queue(DomainRefs due);
  bool Go();  // false: interrupted
  void TendLanes();
  [[nodiscard]] bool IsOver(SteadyTime now);
  [[nodiscard]] bool MayGoOnWithout(SteadyTime now) const;
  [[nodiscard]] SteadyTime LatestEnd() const;
  [[nodiscard]] bool NothingLeftToDo(SteadyTime now);
  Result<CycleResult> End();
  void GiveUpOldCalls(SteadyTime now);
  [[nodiscard]] bool IsBoundByCap() const;
  [[nodiscard]] Error WhyNotAsked() const;
  [[nodiscard]] Error WhyNothingAnswers() const;
  [[nodiscard]] bool heard() const { return parts_.life.HeardSince(current_.begun); }

  void Wait();
  void TakeResults();
  void Take(StatsCall call);
  void TakeFailure(StatsCall call, Error error);
  void NoteFailed(const DomainRefs& domains, const Error& error);
  void LookInto(SteadyTime now);

  const Parts parts_;
  const Nanoseconds timeout_;
  StatsCalls calls_;
  LateCalls late_calls_;
  bool is_first_ = true;     // no daemon has answered yet
  bool was_silent_ = false;  // in the last cycle
  AskingOrder order_;

  struct Current {  // the cycle that is under way
    Plan plan{};
    SteadyTime begun{}, deadline{};
    DomainRefs unasked{};  // while the daemon is silent
    bool is_bound_by_cap = false;
    bool asks_nothing = false;
    CycleResult result{};
    std::optional<Error> last_error{};
  };
  Current current_;
};

}  // namespace vmtelem

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/notifier.h"
#include "base/result.h"
#include "libvirt/asking_order.h"
#include "libvirt/daemon_life.h"
#include "libvirt/lane_pool.h"
#include "libvirt/late_calls.h"
#include "libvirt/reconnect_pause.h"
#include "libvirt/stats_calls.h"
#include "libvirt/stuck_domains.h"
#include "model/hypervisor.h"

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
    Clock& clock;
    ReconnectPause& pause;
  };
  struct Plan {
    StatsCalls::Terms terms;
    // When the next cycle is due. A few calls that wait do not delay it; calls that were made again because of a VM
    // that hangs delay it by less than half an interval.
    SteadyTime next_tick = SteadyTime::max();
    SteadyTime deadline;  // of the cycle
  };
  // A call that takes longer than the timeout is given up.
  StatsCycle(const CollectOptions& options, const Parts& parts, std::shared_ptr<Notifier> notifier)
      : clock_(parts.clock),
        timeout_(options.timeout),
        notifier_(notifier),
        lanes_(options.hypervisor.uri, {parts.clock, parts.pause, life_}, std::move(notifier)),
        calls_(lanes_, clock_, timeout_),
        late_calls_({lanes_, stuck_, life_, clock_}, calls_) {}

  // Fails if nothing answers: kUnreachable, kDenied, kTimeout (without a message); kClosed: interrupted. Without any VM
  // to ask for, a ping shows whether the daemon answers.
  Result<CycleResult> Collect(const DomainRefs& domains, Plan plan);

  // Call after each cycle. Whether another daemon answers now: then ids of VMs may mean other runs, and calls to the
  // earlier daemon, which wait for ever, have been left behind.
  bool TakeNewDaemon();

  // How many shards the latest cycle had.
  [[nodiscard]] std::size_t shards() const { return calls_.terms().shards; }
  [[nodiscard]] LanePool& lanes() { return lanes_; }
  [[nodiscard]] StuckDomains& stuck() { return stuck_; }
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
  [[nodiscard]] bool heard() const { return life_.HeardSince(current_.begun); }

  void Wait();
  void TakeResults();
  void Take(StatsCall call);
  void TakeFailure(StatsCall call, Error error);
  void NoteFailed(const DomainRefs& domains, const Error& error);
  void LookInto(SteadyTime now);

  Clock& clock_;
  const Nanoseconds timeout_;
  const std::shared_ptr<Notifier> notifier_;
  DaemonLife life_;
  StuckDomains stuck_;
  LanePool lanes_;
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

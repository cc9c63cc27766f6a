#pragma once

#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/notifier.h"
#include "base/result.h"
#include "libvirt/asking_order.h"
#include "libvirt/current_cycle.h"
#include "libvirt/daemon_life.h"
#include "libvirt/lane_pool.h"
#include "libvirt/late_calls.h"
#include "libvirt/reconnect_pause.h"
#include "libvirt/stats_calls.h"
#include "libvirt/stuck_domains.h"
#include "model/hypervisor.h"

namespace vmtelem {

// Collects the statistics of all VMs, cycle by cycle, in shards on parallel lanes. A call that waits does not hold up
// the others (see LateCalls). A call that outlasts its cycle goes on into the next one, which does not ask for its VMs
// again. For the collector's thread.
class StatsCycle {
 public:
  struct Parts {  // all must outlive this
    const Hypervisor& hypervisor;
    Clock& clock;
    ReconnectPause& pause;
    const SourceBounds& bounds;
  };
  struct Plan {
    StatsCalls::Terms terms;
    CurrentCycle::Times times;
  };
  // A call that takes longer than the timeout is given up.
  StatsCycle(const CollectOptions& options, const Parts& parts, std::shared_ptr<Notifier> notifier)
      : clock_(parts.clock),
        timeout_(options.timeout),
        notifier_(notifier),
        lanes_(parts.hypervisor.uri, {parts.clock, parts.pause, life_, parts.bounds}, std::move(notifier)),
        calls_(lanes_, clock_, timeout_),
        late_calls_({lanes_, stuck_, life_, clock_}, calls_),
        current_({lanes_, calls_, late_calls_, life_}) {}

  // Fails if nothing answers: kUnreachable, kDenied, kTimeout or kOverloaded (without a message); kClosed: interrupted.
  // Without any VM to ask for, a ping shows whether the daemon answers.
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
  void Queue(DomainRefs due);
  bool Go();  // false: interrupted
  void TendLanes();
  void AwaitSign();
  void Wait();
  void Take(StatsCall call);
  void TakeFailure(StatsCall call, Error error);
  void LookInto(SteadyTime now);
  Result<CycleResult> End();
  [[nodiscard]] bool IsBoundByCap() const;
  void GiveUpOldCalls(SteadyTime now);
  [[nodiscard]] Error WhyNothingAnswers() const;
  [[nodiscard]] Error WhyNoLaneCame() const;
  [[nodiscard]] bool IsHeldUpHere() const;

  Clock& clock_;
  const Nanoseconds timeout_;
  const std::shared_ptr<Notifier> notifier_;
  DaemonLife life_;
  StuckDomains stuck_;
  LanePool lanes_;
  StatsCalls calls_;
  LateCalls late_calls_;
  AskingOrder order_;
  bool is_first_ = true;     // no daemon has answered yet
  bool was_silent_ = false;  // in the last cycle
  CurrentCycle current_;
  DomainRefs unasked_;  // in this cycle, until a daemon that was silent gives a sign of life
};

}  // namespace vmtelem

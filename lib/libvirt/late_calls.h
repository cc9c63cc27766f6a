#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "libvirt/daemon_life.h"
#include "libvirt/hang_search.h"
#include "libvirt/lane_pool.h"
#include "libvirt/stats_calls.h"
#include "libvirt/stuck_domains.h"

namespace vmtelem {

// Decides about calls that take longer than their kind does, on what a HangSearch finds:
//  - A VM hangs: nobody waits for its call any more, and the others of its shard are asked again in halves (a second VM
//    may hang too). The blocked call holds the hung VM's job, so that the next call passes it by.
//  - A VM's lock is held: it is set aside until that is over, and the others are asked each alone: locks come in
//    bursts, when VMs are destroyed, and what waits then waits alone.
//  - Nobody: the daemon is slow. Nothing is asked twice. Only what is still late when others have long been answered,
//  or
//    what no search can look into, is asked again in halves, down to the one VM to be set aside.
//  - Nothing answers: no VM is to blame. If a new connection is answered meanwhile, those that were open are given up.
// For the collector's thread; never waits.
class LateCalls {
 public:
  // For so long after a lock was met, or a call outlasted its cycle, VMs are asked for alone.
  static constexpr Nanoseconds kCalm = std::chrono::seconds(5);
  // A daemon that has just started holds the locks of VMs itself, while it takes them over (1.4 s for 20 of them).
  static constexpr Nanoseconds kTakeOver = std::chrono::seconds(5);

  struct Parts {  // all must outlive this
    LanePool& lanes;
    StuckDomains& stuck;
    DaemonLife& life;
    Clock& clock;
  };
  LateCalls(const Parts& parts, StatsCalls& calls)
      : parts_(parts), calls_(calls), search_({parts.lanes, parts.life, parts.clock}) {}

  struct Judgement {
    DomainRefs set_aside;
    std::optional<SteadyTime> replaced_before;  // connections that were open before this moment were given up
  };
  // `others_answered`: calls of this cycle.
  Judgement Look(SteadyTime now, bool others_answered);

  [[nodiscard]] bool asks_alone(SteadyTime now) const { return now < alone_until_; }
  // Of a cycle. `is_first`: of this daemon, which may just have started.
  void Begin(SteadyTime now, bool is_first);
  // The daemon is another one.
  void NoteRestart(SteadyTime now) {
    NoteNewDaemon(now);
    was_restarted_ = true;
  }
  // It may be another one from now on.
  void NoteNewDaemon(SteadyTime now) { taking_over_until_ = now + kTakeOver; }
  // A call for several VMs goes on into the next cycle: that is not to happen again.
  void NoteCarriedOver(SteadyTime now) { alone_until_ = now + kCalm; }
  // Since when nothing at all has answered that was asked.
  [[nodiscard]] std::optional<SteadyTime> SilentSince(SteadyTime now) const;
  // When to look again although nothing came.
  [[nodiscard]] SteadyTime look_at(SteadyTime now) const;

  // Connections that were open before `moment` lead to nobody: leaves behind all that is under way on them, and gives
  // the VMs that were asked for.
  DomainRefs LeaveBehind(SteadyTime moment);

  HangSearch& search() { return search_; }
  [[nodiscard]] const HangSearch& search() const { return search_; }

 private:
  void LookIntoLone(StatsCall& call, SteadyTime now);
  void StartSearch(SteadyTime now);
  [[nodiscard]] bool IsToBeSearched(const StatsCall& call, SteadyTime now) const;
  [[nodiscard]] DomainRefs Suspects(SteadyTime now);
  void Use(const HangSearch::Finding& finding, SteadyTime now);
  void Settle(StatsCall& call, const HangSearch::Finding& finding, SteadyTime now);
  void SettleSetAside(StatsCall& call, const HangSearch::Finding& finding, SteadyTime now);
  [[nodiscard]] DomainRefs HungOf(const StatsCall& call, const HangSearch::Finding& finding, SteadyTime now) const;
  [[nodiscard]] DomainRefs SetAsideOf(const StatsCall& call) const;
  [[nodiscard]] bool HoldsUpAlone(const StatsCall& call, const HangSearch::Finding& finding, SteadyTime now) const;
  void Abandon(StatsCall& call, const DomainRefs& hung, const DomainRefs& locked, StatsCall::Kind again_as);
  void SetAside(const DomainRefs& domains, const ParkedCall& call, SteadyTime since);
  void MindSilence(SteadyTime now);
  [[nodiscard]] bool IsTakingOver(SteadyTime now) const;

  const Parts parts_;
  StatsCalls& calls_;
  HangSearch search_;
  SteadyTime alone_until_ = SteadyTime::min();
  SteadyTime taking_over_until_ = SteadyTime::min();
  bool is_first_ = false, was_restarted_ = false;
  bool others_answered_ = false;
  Judgement judgement_;
};

}  // namespace vmtelem

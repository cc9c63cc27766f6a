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

// Decides what to do about calls that take longer than their kind does, from the findings of a HangSearch:
//  - A VM hangs: nobody waits for its call any more, and the others of its shard are asked again in halves (a second VM
//    may hang too). The blocked call holds the hung VM's job, so that the next call passes it by.
//  - A VM's lock is held: the VM is set aside until its lock is free, and each other VM is asked in a call of its own.
//    Locks come in bursts, when VMs are destroyed, and a call for one VM then holds up nobody else.
//  - No VM is to blame and the daemon is slow: nothing is asked twice. Only calls that are still late long after others
//    were answered, or that no search can explain, are made again in halves, down to the one VM to be set aside.
//  - Nothing answers: no VM is to blame. If a new connection is answered meanwhile, the older ones are given up.
// For the collector's thread; never waits.
class LateCalls {
 public:
  // For so long after a call met a lock or outlasted its cycle, each VM is asked in a call of its own.
  static constexpr Nanoseconds kCalm = std::chrono::seconds(5);
  // A daemon that has just started holds the locks of VMs itself while it takes them over (1.4 s for 20 VMs).
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
    std::optional<SteadyTime> replaced_before;  // the older connections were given up
  };
  // `others_answered`: other calls of this cycle were answered.
  Judgement Look(SteadyTime now, bool others_answered);

  [[nodiscard]] bool asks_alone(SteadyTime now) const { return now < alone_until_; }
  // Call at the start of a cycle. `is_first`: it is the first of this daemon, which may just have started.
  void Begin(SteadyTime now, bool is_first);
  // Another daemon answers now.
  void NoteRestart(SteadyTime now) {
    NoteNewDaemon(now);
    was_restarted_ = true;
  }
  // Another daemon may answer from now on.
  void NoteNewDaemon(SteadyTime now) { taking_over_until_ = now + kTakeOver; }
  // A call for several VMs goes on into the next cycle; calls for one VM each keep that from happening again.
  void NoteCarriedOver(SteadyTime now) { alone_until_ = now + kCalm; }
  // Since when no call at all has been answered.
  [[nodiscard]] std::optional<SteadyTime> SilentSince(SteadyTime now) const;
  // When to look again although no answer came.
  [[nodiscard]] SteadyTime look_at(SteadyTime now) const;

  // Connections that were open before `moment` lead nowhere: leaves all calls on them behind and returns the VMs of
  // these calls.
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

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "libvirt/api/domain_ref.h"
#include "libvirt/daemon_life.h"
#include "libvirt/lane_pool.h"
#include "libvirt/late_calls.h"
#include "libvirt/stats_calls.h"

namespace vmtelem {

// The outcome of one cycle.
struct CycleResult {
  std::vector<StatsResult> stats;
  DomainRefs failed;  // the call failed or was given up
  std::string why_failed;
  DomainRefs late;                // the call goes on, into the next cycle
  bool late_by_overload = false;  // of this machine
  DomainRefs set_aside;           // in this cycle
  bool replaced_connections = false;
};

// The cycle that is under way: what it has gathered, and when it is over. For the collector's thread; never waits.
class CurrentCycle {
 public:
  struct Parts {  // all must outlive this
    const LanePool& lanes;
    const StatsCalls& calls;
    LateCalls& late_calls;
    const DaemonLife& life;
  };
  struct Times {
    // When the next cycle is due. A few calls that wait do not delay it; calls that were made again because of a VM
    // that hangs delay it by less than half an interval.
    SteadyTime next_tick = SteadyTime::max();
    SteadyTime deadline;  // of the cycle
  };
  enum class Awaits {
    kAllAnswers,
    kAnyAnswer,   // there is no VM to ask for
    kSignOfLife,  // of a daemon that was silent: the VMs are asked for after it, and the wait for it is short
  };
  explicit CurrentCycle(const Parts& parts) : parts_(parts) {}

  void Begin(SteadyTime now, const Times& times, Awaits awaits);
  void AwaitAllAnswers() { awaits_ = Awaits::kAllAnswers; }
  [[nodiscard]] bool awaits_all_answers() const { return awaits_ == Awaits::kAllAnswers; }
  [[nodiscard]] SteadyTime begun() const { return begun_; }
  // Whether the daemon has answered anything since the cycle began.
  [[nodiscard]] bool heard() const { return parts_.life.HeardSince(begun_); }

  [[nodiscard]] bool IsOver(SteadyTime now);
  // When it may be over although no answer comes.
  [[nodiscard]] SteadyTime look_at(SteadyTime now) const;

  [[nodiscard]] CycleResult& result() { return result_; }
  void NoteFailed(const DomainRefs& domains, const Error& error);
  void NoteError(Error error) { last_error_ = std::move(error); }
  [[nodiscard]] const std::optional<Error>& last_error() const { return last_error_; }
  // Whether the daemon gave an error and nothing else.
  [[nodiscard]] bool is_refused() const;

 private:
  [[nodiscard]] SteadyTime deadline() const;
  [[nodiscard]] SteadyTime LatestEnd() const;
  [[nodiscard]] bool MayGoOnWithout(SteadyTime now) const;
  [[nodiscard]] bool NothingLeftToDo(SteadyTime now) const;

  const Parts parts_;
  SteadyTime begun_{};
  Times times_{};
  Awaits awaits_ = Awaits::kAllAnswers;
  CycleResult result_;
  std::optional<Error> last_error_;
};

}  // namespace vmtelem

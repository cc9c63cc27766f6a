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
#include "libvirt/control.h"
#include "libvirt/lane_pool.h"
#include "libvirt/shards.h"
#include "libvirt/stuck_domains.h"

namespace vmtelem {

// What one poll gave.
struct PollResult {
  std::vector<Answer> answers;
  DomainRefs unanswered;  // asked, and no answer came
  std::string why_unanswered;
  DomainRefs set_aside;    // in this poll
  bool lost_lane = false;  // a connection ended: the daemon may be another one
};

// One cycle: asks for all VMs in shards, on lanes in parallel, and does not let a call that hangs hold up the others.
// A call that takes longer than its shard's pace is looked into by a sweep:
//  - A VM with a command at its monitor for most of that time hangs. The lane is left behind, and the others of its
//    shard are asked again in halves (a second VM may hang too). The blocked call holds the hung VM's job, so that
//    the next call passes it by.
//  - A VM at which the sweep itself comes to a stand has its lock held. It is set aside until that is over.
//  - Nobody: the daemon is slow. Wait, ask nothing again. Only what is still late when others have long been answered,
//    or what no sweep can look into any more, is asked again in halves, down to the one VM to be set aside.
// For the collector's thread; made for one cycle.
class Poll {
 public:
  struct Parts {  // all must outlive the poll
    Control& control;
    LanePool& lanes;
    StuckDomains& stuck;
    ShardPace& pace;
    Clock& clock;
    Doorbell& bell;
  };
  struct Plan {
    std::size_t shards = 1;
    std::size_t blocked_max = 0;  // calls that may hang on a monitor, all in all
    bool is_remote = false;
    Question question;
    SteadyTime deadline;              // of the whole poll
    std::vector<DomainStats> memory;  // to be reused
  };
  Poll(const Parts& parts, Plan plan)
      : parts_(parts), plan_(std::move(plan)), begun_(parts.clock.SteadyNow()), is_first_(!parts.pace.known()) {}

  // kUnreachable: the daemon is gone; kTimeout: it answers nothing; kClosed: interrupted.
  Result<PollResult> Run(const DomainRefs& domains);

 private:
  struct Piece {
    DomainRefs domains;
    Depth depth = Depth::kFull;
    bool is_part = false;      // of a shard that was late
    bool asked_again = false;  // after a connection ended
  };
  struct Asking {
    Piece piece;
    std::unique_ptr<BulkLane> lane;
    Pending<Result<BulkSession::Reply>> reply;
    SteadyTime since, look_at;
    int looks = 0;
  };

  Result<void> Go();
  void StartQueued();
  void Start(Piece piece);
  void AskWithoutMonitor();
  [[nodiscard]] Nanoseconds LimitOf(const Asking& asking) const;
  [[nodiscard]] std::vector<DomainStats> MemoryFor(std::size_t count);
  [[nodiscard]] bool MayStart() const;
  [[nodiscard]] std::size_t AskingInFull() const;
  void Wait();
  void TakeReplies();
  void Take(Asking asking);
  void TakeFailure(Piece piece, Error error);
  void NoteUnanswered(Piece piece, Error error);
  void NoteUnanswered(DomainRefs domains);

  void LookInto(SteadyTime now);
  void Settle(Asking& asking, const SweepReport& report);
  [[nodiscard]] DomainRefs HungOf(const Asking& asking, const SweepReport& report) const;
  [[nodiscard]] bool AnythingReturned(const SweepReport& report) const;
  [[nodiscard]] bool IsTakingOver(SteadyTime now) const;
  [[nodiscard]] bool HoldsUpAlone(const Asking& asking, const SweepReport& report) const;
  void LeaveBehind(Asking& asking, const DomainRefs& hung, const DomainRefs& locked);
  void SetAside(const DomainRefs& domains, const ParkedCall& call, SteadyTime since);
  void GiveUp();

  Parts parts_;
  Plan plan_;
  const SteadyTime begun_;
  const bool is_first_;  // of this daemon
  PollResult result_;
  std::deque<Piece> queue_;
  std::vector<Asking> asking_;
  std::optional<Error> last_error_;
};

}  // namespace vmtelem

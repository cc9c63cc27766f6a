#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"
#include "libvirt/bulk_session.h"
#include "libvirt/lane_pool.h"
#include "libvirt/shards.h"

namespace vmtelem {

// A call for the statistics of some VMs, either queued or under way on a lane.
struct StatsCall {
  enum class Kind {
    kShard,
    kPart,   // of a shard that was late
    kAlone,  // of one VM: if it waits, it waits alone
  };
  DomainRefs domains;
  Kind kind = Kind::kShard;
  Depth depth = Depth::kFull;
  bool asked_again = false;  // on a new connection, after another one ended

  std::unique_ptr<BulkLane> lane{};
  Pending<Result<ShardResult>> result{};
  SteadyTime since{}, look_at{};  // it is late from `look_at` on
  int looks = 0;
  // Set once nobody waits for the call: its VMs are asked in other calls or set aside. Its lane can be used again when
  // it returns.
  std::optional<ParkedCall> parked{};

  [[nodiscard]] bool open() const { return !parked.has_value(); }
  [[nodiscard]] bool late(SteadyTime now) const { return open() && look_at <= now && lane->waits(); }
};

// The calls that wait for a lane and the calls that are under way, possibly from one cycle into the next. Knows how
// many there may be. For the collector's thread; never waits.
class StatsCalls {
 public:
  struct Terms {  // of a cycle
    StatsQuery query;
    std::size_t shards = 1;
    std::size_t alone_max = 1;    // at most so many calls for one VM each
    std::size_t blocked_max = 0;  // at most so many calls may wait in vain
  };
  StatsCalls(LanePool& lanes, Clock& clock, Nanoseconds timeout)
      : lanes_(lanes), clock_(clock), shard_pace_(timeout), lone_pace_(timeout) {}

  void Begin(Terms terms) { terms_ = std::move(terms); }
  // Returns the VMs among `domains` that no open call asks for.
  [[nodiscard]] DomainRefs NotUnderWay(const DomainRefs& domains) const;
  // Queues `count` calls, each for a part of `domains`, of the kind and depth of `like`.
  void Queue(const DomainRefs& domains, std::size_t count, const StatsCall& like);
  // Starts as many queued calls as the idle lanes and the limits allow. When no lane will come, one call asks for all
  // queued VMs without their monitors, which cannot hang.
  void StartQueued(const std::vector<std::string>& hung);
  // Takes out the calls that have returned, with their lanes.
  std::vector<StatsCall> TakeReturned();
  // Nobody waits for the call any more.
  ParkedCall Park(StatsCall& call);
  // Leaves the calls behind on connections that were open before `opened_before`; returns the VMs of the open calls
  // among them.
  DomainRefs LeaveBehind(SteadyTime opened_before);
  // Empties the queue and returns its VMs.
  DomainRefs TakeQueued();
  void Close();

  [[nodiscard]] std::vector<StatsCall>& under_way() { return under_way_; }
  [[nodiscard]] bool queued() const { return !queue_.empty(); }
  [[nodiscard]] std::size_t CountOpen() const;
  // Whether an open call of another kind waits for its answer.
  [[nodiscard]] bool AnyWaitsThatIsNot(StatsCall::Kind kind) const;
  // Whether an open call has been held up by this machine.
  [[nodiscard]] bool AnyIsAtWork() const;
  // Whether VMs that were asked again may still answer within the usual time.
  [[nodiscard]] bool AnyOpenPart() const;
  [[nodiscard]] bool AnyPartInTime(SteadyTime now) const;
  [[nodiscard]] bool AllOpenAreIdle() const;
  [[nodiscard]] bool AnyIdle() const;
  // How long a call like this may take before it is late.
  [[nodiscard]] Nanoseconds LimitOf(const StatsCall& call) const;
  void NoteDuration(const StatsCall& call, Nanoseconds took);
  void ForgetPace() { shard_pace_.Forget(); }
  // Whether the calls that wait in vain, or might, have reached their limit.
  [[nodiscard]] bool at_cap() const;
  [[nodiscard]] const Terms& terms() const { return terms_; }

 private:
  void Start(StatsCall call, std::unique_ptr<BulkLane> lane, const std::vector<std::string>& hung);
  void JoinWithoutMonitor();
  [[nodiscard]] bool MayStart() const;
  [[nodiscard]] bool NoneIsToComeBack() const;
  [[nodiscard]] std::size_t CountOpen(Depth depth) const;

  LanePool& lanes_;
  Clock& clock_;
  ShardPace shard_pace_;
  LonePace lone_pace_;
  Terms terms_;
  std::deque<StatsCall> queue_;
  std::vector<StatsCall> under_way_;
};

}  // namespace vmtelem

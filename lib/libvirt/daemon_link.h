#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/notifier.h"
#include "base/result.h"
#include "libvirt/api/domain_events.h"
#include "libvirt/api/probe_times.h"
#include "libvirt/api/tcp_keepalive.h"
#include "libvirt/control_session.h"
#include "libvirt/reconnect_pause.h"
#include "libvirt/source_bounds.h"
#include "model/hypervisor.h"

namespace vmtelem {

// The control connection to the daemon, on a lane of its own. Connects with back-off, one attempt at a time. For the
// collector's thread; no call waits longer than it says.
class DaemonLink {
 public:
  // At most so many calls of ours wait for an answer on control lanes that were left behind; the daemon has five
  // workers for them. They are not cut to make place for the next attempt: the worker of a daemon that is stuck would
  // stay in its call, and the next attempt take another. A daemon that was stopped and goes on answers those that wait.
  static constexpr std::size_t kMaxBlocked = 2;

  struct Parts {  // all must outlive this
    const Hypervisor& hypervisor;
    Clock& clock;
    ReconnectPause& pause;
    const SourceBounds& bounds;
  };
  DaemonLink(const CollectOptions& options, const Parts& parts, std::shared_ptr<Notifier> notifier);

  // Connects, unless that is done, waiting until `deadline` at most. An attempt that takes longer goes on meanwhile.
  Result<void> Connect(SteadyTime deadline);
  [[nodiscard]] bool connected() const { return lane_ != nullptr && !connecting_; }
  [[nodiscard]] bool interrupted() const { return notifier_->cancelled(); }
  [[nodiscard]] const Hypervisor& hypervisor() const { return parts_.hypervisor; }
  // Whether the connection has ended by itself.
  [[nodiscard]] bool ended() const { return connected() && inbox_->closed(); }

  // The lane and its events are there while the connection is open.
  [[nodiscard]] ControlLane& lane() { return *lane_; }
  [[nodiscard]] std::optional<std::vector<DomainEvent>> TakeEvents() { return inbox_->Take(); }
  // Leaves the call behind that is under way, with the connection.
  void LeaveBehind();
  // Drops the connection, if there is one; does not wait.
  void Drop();

  // These decide how soon to connect again after the connection is lost.
  void NoteLost() { parts_.pause.NoteLost(parts_.clock.SteadyNow()); }
  void NoteUseful() { parts_.pause.NoteSuccess(); }
  void NoteUseless() { parts_.pause.NoteFailure(parts_.clock.SteadyNow()); }

  // The data of the latest connection.
  [[nodiscard]] const ControlSession::Greeting& greeting() const { return greeting_; }
  // The error because of which new VMs are not seen. Nothing: they are seen.
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  void ClearFault() { fault_.reset(); }
  // Records `error` as the fault, naming the hypervisor, and returns it.
  tl::unexpected<Error> Failed(Error error);
  // Why there is no answer: kTimeout; kOverloaded while the lane's thread waits for this machine; kClosed after an
  // interruption.
  [[nodiscard]] Error NoAnswer() const;
  // This machine had no time to read the hypervisor's answers: kOverloaded.
  [[nodiscard]] Error Overloaded() const;
  // The fault, or else that there is no answer.
  [[nodiscard]] tl::unexpected<Error> Unavailable() const { return tl::make_unexpected(fault_ ? *fault_ : NoAnswer()); }

  // Counts the calls that do not return.
  [[nodiscard]] const std::shared_ptr<ParkedCalls>& parked_calls() const { return parked_calls_; }

 private:
  struct Attempt {
    Pending<Result<ControlSession::Greeting>> greeting;
    SteadyTime since;
    std::shared_ptr<TcpKeepalive> keepalive;
    ProbeTimes probe_times{};
  };
  Result<void> StartConnecting();
  Result<void> AwaitConnected(SteadyTime deadline);

  const CollectOptions& options_;
  const Parts parts_;
  const std::shared_ptr<Notifier> notifier_;
  const std::shared_ptr<ParkedCalls> parked_calls_ = std::make_shared<ParkedCalls>();
  std::unique_ptr<ControlLane> lane_;  // null: neither connected nor connecting
  std::optional<Attempt> connecting_;
  std::shared_ptr<EventInbox> inbox_;
  ControlSession::Greeting greeting_;
  std::optional<Error> fault_;
};

}  // namespace vmtelem

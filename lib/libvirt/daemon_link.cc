#include "libvirt/daemon_link.h"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/url.h"
#include "libvirt/api/connection_cost.h"
#include "libvirt/api/uri.h"

namespace vmtelem {

DaemonLink::DaemonLink(const CollectOptions& options, const Parts& parts, std::shared_ptr<Notifier> notifier)
    : options_(options), parts_(parts), notifier_(std::move(notifier)) {}

Result<void> DaemonLink::Connect(SteadyTime deadline) {
  if (connected()) return {};
  if (lane_ == nullptr) {
    if (!parts_.pause.MayTry(parts_.clock.SteadyNow())) return Unavailable();
    if (auto started = StartConnecting(); !started) return started;
  }
  return AwaitConnected(deadline);
}

Result<void> DaemonLink::StartConnecting() {
  if (parked_calls_->blocked(parts_.clock.SteadyNow()) >= kMaxBlocked) return tl::make_unexpected(NoAnswer());
  const std::string& uri = parts_.hypervisor.uri;
  ThreadBudget& threads = *parts_.bounds.threads;
  auto permit = threads.Take(ThreadBudget::Use::kNeeded, 1 + CostOfConnection(uri).processes);
  if (!permit) return Failed(NoThreadFor(uri, threads));
  const Connection::Means means{parts_.bounds.descriptors};
  try {
    lane_ = std::make_unique<ControlLane>(std::make_unique<ControlSession>(means),
                                          LaneParts{parts_.clock, parked_calls_, notifier_, std::move(*permit)});
  } catch (const std::system_error& error) {
    return Fail(ErrorCode::kInternal, fmt::format("cannot start a thread: {}", error.what()));
  }
  inbox_ = std::make_shared<EventInbox>();
  const auto connect = [uri, inbox = inbox_](ControlSession& session, LaneClock&) {
    return session.Connect(uri, inbox);
  };
  connecting_ = Attempt{lane_->Start(connect), parts_.clock.SteadyNow(), means.keepalive};
  return {};
}

Result<void> DaemonLink::AwaitConnected(SteadyTime deadline) {
  if (!lane_->Await(deadline)) {
    const Nanoseconds age = parts_.clock.SteadyNow() - connecting_->since;
    if (connecting_->probe_times.Take(age)) connecting_->keepalive->Enable();
    Error error = NoAnswer();
    if (age >= options_.timeout && error.code == ErrorCode::kTimeout) {
      LeaveBehind();
      NoteUseless();
      fault_ = error;
    }
    return tl::make_unexpected(std::move(error));
  }
  auto greeting = connecting_->greeting.Take();
  if (!greeting) {
    Drop();
    NoteUseless();
    return Failed(std::move(greeting.error()));
  }
  connecting_.reset();
  greeting_ = std::move(*greeting);
  fault_.reset();
  return {};
}

void DaemonLink::LeaveBehind() {
  static_cast<void>(lane_->LeaveBehind());
  Drop();
}

void DaemonLink::Drop() {
  lane_.reset();
  connecting_.reset();
}

Error DaemonLink::NoAnswer() const {
  if (interrupted()) return {ErrorCode::kClosed, "interrupted", {}};
  if (lane_ != nullptr && !lane_->idle() && !lane_->waits()) return Overloaded();
  return {ErrorCode::kTimeout, fmt::format("{} does not answer", MaskUrl(parts_.hypervisor.uri)), {}};
}

Error DaemonLink::Overloaded() const {
  return {ErrorCode::kOverloaded,
          fmt::format("{} was not read in time: this machine is overloaded", MaskUrl(parts_.hypervisor.uri)),
          {}};
}

tl::unexpected<Error> DaemonLink::Failed(Error error) {
  error.message = NamingUri(std::move(error.message), parts_.hypervisor.uri);
  fault_ = std::move(error);
  return tl::make_unexpected(*fault_);
}

}  // namespace vmtelem

#include "libvirt/domain_discovery.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/backoff.h"
#include "libvirt/api/uri.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kListingInterval = std::chrono::seconds(60);
constexpr Nanoseconds kListingIntervalWithoutEvents = std::chrono::seconds(1);
constexpr std::size_t kDevicesAtOnce = 100;  // a listing has to wait for them

}  // namespace

Control::Control(const CollectOptions& options, const Parts& parts, std::shared_ptr<Notifier> notifier)
    : options_(options),
      clock_(parts.clock),
      pause_(parts.pause),
      notifier_(std::move(notifier)),
      shown_uri_(UriForDisplay(options.hypervisor.uri)),
      inventory_(options.filter),
      devices_(options.device_cache_ttl) {}

Result<void> Control::Ensure(SteadyTime deadline) {
  if (phase_ == Phase::kConnected && inbox_->closed()) NoteLost();
  if (!inventory_known_) return EnsureConnected(deadline).and_then([&] { return EnsureInventory(deadline); });
  KeepUp();
  return {};
}

void Control::KeepUp() {
  const SteadyTime now = clock_.SteadyNow();
  if (EnsureConnected(now)) {
    TakeBackground();
    if (background_ != Background::kNone && now - background_since_ >= options_.timeout) Park();
  }
  if (phase_ == Phase::kConnected) ApplyEvents();
}

Result<void> Control::EnsureConnected(SteadyTime deadline) {
  if (phase_ == Phase::kConnected) return {};
  if (phase_ == Phase::kNone) {
    if (!pause_.MayTry(clock_.SteadyNow())) return fault_ ? tl::make_unexpected(*fault_) : NoAnswer();
    if (auto started = StartConnecting(); !started) return started;
  }
  return AwaitConnected(deadline);
}

Result<void> Control::StartConnecting() {
  if (parked_calls_->blocked(clock_.SteadyNow()) >= kMaxBlocked) return NoAnswer();
  try {
    lane_ = std::make_unique<ControlLane>(std::make_unique<ControlSession>(), clock_, parked_calls_, notifier_);
  } catch (const std::system_error& error) {
    return Fail(ErrorCode::kInternal, fmt::format("cannot start a thread: {}", error.what()));
  }
  inbox_ = std::make_shared<EventInbox>();
  connecting_ = lane_->Start([uri = options_.hypervisor.uri, inbox = inbox_](ControlSession& session, LaneClock&) {
    return session.Connect(uri, inbox);
  });
  connecting_since_ = clock_.SteadyNow();
  phase_ = Phase::kConnecting;
  return {};
}

Result<void> Control::AwaitConnected(SteadyTime deadline) {
  if (!lane_->Await(deadline)) {
    if (clock_.SteadyNow() - connecting_since_ >= options_.timeout) {
      Park();
      pause_.NoteFailure(clock_.SteadyNow());
      fault_ = NoAnswer().value();
    }
    return NoAnswer();
  }
  auto greeting = connecting_.Take();
  if (!greeting) {
    Drop();
    pause_.NoteFailure(clock_.SteadyNow());
    return Failed(std::move(greeting.error()));
  }
  greeting_ = std::move(*greeting);
  phase_ = Phase::kConnected;
  fault_.reset();
  if (inventory_known_) pause_.NoteSuccess();
  next_listing_ = clock_.SteadyNow();  // of what happened before the connection there was no event
  return {};
}

Result<void> Control::EnsureInventory(SteadyTime deadline) {
  if (!inventory_known_ && background_ == Background::kNone) StartListing();
  TakeBackground();
  if (phase_ != Phase::kConnected) return fault_ ? tl::make_unexpected(*fault_) : NoAnswer();
  while (!inventory_known_) {
    if (auto done = AwaitBackground(deadline); !done) return done;
  }
  pause_.NoteSuccess();
  ApplyEvents();
  return {};
}

// Of a first listing, and of the details of devices that follow it: without these there is nothing to sample.
Result<void> Control::AwaitBackground(SteadyTime deadline) {
  if (!lane_->Await(deadline)) {
    if (clock_.SteadyNow() - background_since_ >= options_.timeout) Park();
    return NoAnswer();
  }
  TakeBackground();
  if (phase_ != Phase::kConnected) return fault_ ? tl::make_unexpected(*fault_) : NoAnswer();
  return {};
}

void Control::StartListing() {
  listing_ = lane_->Start([](ControlSession& session, LaneClock&) { return session.ListRunning(); });
  background_ = Background::kListing;
  background_since_ = clock_.SteadyNow();
  events_while_listing_.clear();
}

void Control::StartReadingDevices(DomainRefs due) {
  reading_devices_ = lane_->Start(
      [due = std::move(due)](ControlSession& session, LaneClock& clock) { return session.ReadDevices(due, clock); });
  background_ = Background::kReadingDevices;
  background_since_ = clock_.SteadyNow();
}

void Control::TakeBackground() {
  if (background_ == Background::kNone || !lane_->idle()) return;
  if (std::exchange(background_, Background::kNone) == Background::kListing) {
    TakeListing();
  } else {
    TakeDevices();
  }
}

void Control::TakeListing() {
  const auto listed = listing_.Take();
  if (!listed) {
    if (!inventory_known_) pause_.NoteFailure(clock_.SteadyNow());
    if (!inventory_known_ || listed.error().code == ErrorCode::kUnreachable) NoteLost();
    static_cast<void>(Failed(listed.error()));
    next_listing_ = clock_.SteadyNow() + kListingIntervalWithoutEvents;
    return;
  }
  fault_.reset();
  inventory_.Replace(*listed);
  for (const DomainEvent& event : events_while_listing_) inventory_.Apply(event);
  devices_.Keep(inventory_.domains());
  next_listing_ = clock_.SteadyNow();
  if (!std::exchange(forgot_events_, false)) {
    next_listing_ += greeting_.has_events ? kListingInterval : kListingIntervalWithoutEvents;
  }
  const bool needs_devices = !greeting_.is_qemu && (options_.groups & (kGroupInterface | kGroupBlock)) != 0;
  if (!inventory_known_ && needs_devices) {
    StartReadingDevices(inventory_.domains());
  } else {
    inventory_known_ = true;
  }
}

void Control::TakeDevices() {
  auto read = reading_devices_.Take();
  inventory_known_ = true;
  if (!read) {
    if (read.error().code == ErrorCode::kUnreachable) NoteLost();
    read.error().message = WithoutPassword(std::move(read.error().message), options_.hypervisor.uri);
    problems_.push_back(std::move(read.error()));
    return;
  }
  devices_.Put(read->table, clock_.SteadyNow());
  std::move(read->problems.begin(), read->problems.end(), std::back_inserter(problems_));
}

void Control::ApplyEvents() {
  auto events = inbox_->Take();
  if (!events) {
    next_listing_ = clock_.SteadyNow();
    forgot_events_ = background_ == Background::kListing;
    for (const auto& domain : inventory_.domains()) devices_.MarkStale(domain->uuid);
    return;
  }
  for (DomainEvent& event : *events) {
    if (event.kind == DomainEvent::Kind::kDevicesChanged) devices_.MarkStale(event.uuid);
    inventory_.Apply(event);
    // The listing under way may be older than the event: apply it again afterwards.
    if (background_ == Background::kListing) events_while_listing_.push_back(std::move(event));
  }
}

void Control::Tend(Locks locks) {
  if (phase_ != Phase::kConnected || background_ != Background::kNone || !lane_->idle()) return;
  if (clock_.SteadyNow() >= next_listing_ && locks == Locks::kFree) return StartListing();
  if (greeting_.is_qemu || (options_.groups & (kGroupInterface | kGroupBlock)) == 0) return;
  DomainRefs due = devices_.Due(inventory_.domains(), clock_.SteadyNow());
  if (due.empty()) return;
  due.resize(std::min(due.size(), kDevicesAtOnce));
  StartReadingDevices(std::move(due));
}

Result<std::vector<DomainInfo>> Control::List(ListScope scope, SteadyTime deadline) {
  if (notifier_->cancelled()) return NoAnswer();
  while (background_ != Background::kNone) {
    if (auto done = AwaitBackground(deadline); !done) return tl::make_unexpected(done.error());
  }
  auto list = EnsureConnected(deadline).and_then([&] {
    return lane_->Call([scope, filter = options_.filter](
                           ControlSession& session, LaneClock& clock) { return session.List(scope, filter, clock); },
                       deadline);
  });
  if (list) return list;
  if (lane_ != nullptr && phase_ == Phase::kConnected && !lane_->idle()) {
    if (!notifier_->cancelled()) Park();
    return NoAnswer();
  }
  if (list.error().code == ErrorCode::kUnreachable) NoteLost();
  return Failed(std::move(list.error()));
}

// What events told before counts.
void Control::NoteLost() {
  if (phase_ == Phase::kConnected && inventory_known_) ApplyEvents();
  Drop();
}

void Control::Drop() {
  lane_.reset();
  phase_ = Phase::kNone;
  background_ = Background::kNone;
}

void Control::Park() {
  if (phase_ == Phase::kConnected && inventory_known_) ApplyEvents();
  static_cast<void>(lane_->Park());
  Drop();
}

tl::unexpected<Error> Control::NoAnswer() const {
  if (notifier_->cancelled()) return Fail(ErrorCode::kClosed, "interrupted");
  return Fail(ErrorCode::kTimeout, fmt::format("{} does not answer", shown_uri_));
}

tl::unexpected<Error> Control::Failed(Error error) {
  error.message = WithoutPassword(std::move(error.message), options_.hypervisor.uri);
  if (error.message.find(shown_uri_) == std::string::npos) error.message = shown_uri_ + ": " + error.message;
  fault_ = std::move(error);
  return tl::make_unexpected(*fault_);
}

}  // namespace vmtelem

#include "libvirt/domain_discovery.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/local_host_name.h"
#include "libvirt/api/phase.h"
#include "libvirt/api/uri.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kListingInterval = std::chrono::seconds(60);
// The second listing on a connection comes earlier than that: hosts that were connected together are not listed
// together ever after.
constexpr Nanoseconds kEarliestListing = std::chrono::seconds(30);
constexpr Nanoseconds kListingIntervalWithoutEvents = std::chrono::seconds(1);
constexpr std::size_t kDevicesAtOnce = 100;  // a listing has to wait for them

}  // namespace

DomainDiscovery::DomainDiscovery(const CollectOptions& options, const DaemonLink::Parts& parts,
                                 std::shared_ptr<Notifier> notifier)
    : options_(options),
      clock_(parts.clock),
      link_(options, parts, std::move(notifier)),
      inventory_(options.filter),
      devices_(options.device_cache_ttl),
      second_listing_(SpreadBetween(kEarliestListing, kListingInterval,
                                    fmt::format("{} {} {} {}", LocalHostName(), parts.hypervisor.uri,
                                                parts.hypervisor.name, parts.hypervisor.nth))) {}

Result<void> DomainDiscovery::Ensure(SteadyTime deadline) {
  if (link_.ended()) NoteLost();
  if (!inventory_known_) return EnsureConnected(deadline).and_then([&] { return EnsureInventory(deadline); });
  KeepUp();
  return {};
}

void DomainDiscovery::KeepUp() {
  const SteadyTime now = clock_.SteadyNow();
  if (EnsureConnected(now)) {
    TakeJob();
    if (job_ && now - job_->since >= options_.timeout) LeaveBehind();
  }
  if (link_.connected()) ApplyEvents();
}

Result<void> DomainDiscovery::EnsureConnected(SteadyTime deadline) {
  if (link_.connected()) return {};
  if (auto connected = link_.Connect(deadline); !connected) return connected;
  if (inventory_known_) link_.NoteUseful();
  is_first_listing_ = true;
  next_listing_ = clock_.SteadyNow();  // no event reported changes before the connection
  return {};
}

Result<void> DomainDiscovery::EnsureInventory(SteadyTime deadline) {
  if (!inventory_known_ && !job_) StartListing();
  TakeJob();
  if (!link_.connected()) return link_.Unavailable();
  while (!inventory_known_) {
    if (auto done = AwaitJob(deadline); !done) return done;
  }
  link_.NoteUseful();
  ApplyEvents();
  return {};
}

// Waits for a first listing, or for the devices that are read after it: sampling needs both.
Result<void> DomainDiscovery::AwaitJob(SteadyTime deadline) {
  if (!link_.lane().Await(deadline)) {
    Error error = link_.NoAnswer();
    const bool is_overdue = clock_.SteadyNow() - job_->since >= options_.timeout;
    if (is_overdue && error.code == ErrorCode::kTimeout) LeaveBehind();
    return tl::make_unexpected(std::move(error));
  }
  TakeJob();
  if (!link_.connected()) return link_.Unavailable();
  return {};
}

void DomainDiscovery::StartListing() {
  auto listing = link_.lane().Start([](ControlSession& session, LaneClock&) { return session.ListRunning(); });
  job_ = Job{std::move(listing), clock_.SteadyNow()};
  events_while_listing_.clear();
}

void DomainDiscovery::StartReadingDevices(DomainRefs due) {
  auto reading = link_.lane().Start(
      [due = std::move(due)](ControlSession& session, LaneClock& clock) { return session.ReadDevices(due, clock); });
  job_ = Job{std::move(reading), clock_.SteadyNow()};
}

void DomainDiscovery::TakeJob() {
  if (!job_ || !link_.lane().idle()) return;
  auto outcome = std::exchange(job_, std::nullopt)->outcome;
  if (auto* listing = std::get_if<Listing>(&outcome)) {
    TakeListing(listing->Take());
  } else {
    TakeDevices(std::get<ReadingDevices>(outcome).Take());
  }
}

void DomainDiscovery::TakeListing(const Result<std::vector<DomainRef>>& listed) {
  if (!listed) {
    if (!inventory_known_) link_.NoteUseless();
    if (!inventory_known_ || listed.error().code == ErrorCode::kUnreachable) NoteLost();
    static_cast<void>(link_.Failed(listed.error()));
    next_listing_ = clock_.SteadyNow() + kListingIntervalWithoutEvents;
    return;
  }
  link_.ClearFault();
  inventory_.Replace(*listed);
  for (const DomainEvent& event : events_while_listing_) inventory_.Apply(event);
  devices_.Keep(inventory_.domains());
  next_listing_ = clock_.SteadyNow();
  if (!std::exchange(forgot_events_, false)) {
    next_listing_ += link_.greeting().has_events ? TakeListingInterval() : kListingIntervalWithoutEvents;
  }
  if (!inventory_known_ && NeedsDevices()) {
    StartReadingDevices(inventory_.domains());
  } else {
    inventory_known_ = true;
  }
}

Nanoseconds DomainDiscovery::TakeListingInterval() {
  return std::exchange(is_first_listing_, false) ? second_listing_ : kListingInterval;
}

// QEMU's bulk statistics name the devices.
bool DomainDiscovery::NeedsDevices() const {
  return !link_.greeting().is_qemu && (options_.groups & (kGroupInterface | kGroupBlock)) != 0;
}

void DomainDiscovery::TakeDevices(Result<ControlSession::Devices> read) {
  inventory_known_ = true;
  if (!read) {
    if (read.error().code == ErrorCode::kUnreachable) NoteLost();
    read.error().message = WithoutPassword(std::move(read.error().message), link_.hypervisor().uri);
    problems_.push_back(std::move(read.error()));
    return;
  }
  devices_.Put(read->table, clock_.SteadyNow());
  std::move(read->problems.begin(), read->problems.end(), std::back_inserter(problems_));
}

void DomainDiscovery::ApplyEvents() {
  auto events = link_.TakeEvents();
  if (!events) {
    next_listing_ = clock_.SteadyNow();
    forgot_events_ = IsListing();
    for (const auto& domain : inventory_.domains()) devices_.MarkStale(domain->uuid);
    return;
  }
  for (DomainEvent& event : *events) {
    if (event.kind == DomainEvent::Kind::kDevicesChanged) devices_.MarkStale(event.uuid);
    inventory_.Apply(event);
    // The listing under way may be older than the event: apply it again afterwards.
    if (IsListing()) events_while_listing_.push_back(std::move(event));
  }
}

void DomainDiscovery::Tend(Locks locks) {
  if (!link_.connected() || job_ || !link_.lane().idle()) return;
  if (clock_.SteadyNow() >= next_listing_ && locks == Locks::kFree) return StartListing();
  if (!NeedsDevices()) return;
  DomainRefs due = devices_.Due(inventory_.domains(), clock_.SteadyNow());
  if (due.empty()) return;
  due.resize(std::min(due.size(), kDevicesAtOnce));
  StartReadingDevices(std::move(due));
}

Result<std::vector<DomainInfo>> DomainDiscovery::List(ListScope scope, SteadyTime deadline) {
  if (link_.interrupted()) return tl::make_unexpected(link_.NoAnswer());
  while (job_) {
    if (auto done = AwaitJob(deadline); !done) return tl::make_unexpected(done.error());
  }
  auto list = EnsureConnected(deadline).and_then([&] {
    return link_.lane().Call(
        [scope, filter = options_.filter](ControlSession& session, LaneClock& clock) {
          return session.List(scope, filter, clock);
        },
        deadline);
  });
  if (list) return list;
  if (link_.connected() && !link_.lane().idle()) {
    Error error = link_.NoAnswer();
    if (!link_.interrupted()) LeaveBehind();
    return tl::make_unexpected(std::move(error));
  }
  if (list.error().code == ErrorCode::kUnreachable) NoteLost();
  return link_.Failed(std::move(list.error()));
}

// Events that came before the connection ended still count.
void DomainDiscovery::NoteLost() {
  if (link_.connected() && inventory_known_) ApplyEvents();
  if (link_.connected()) link_.NoteLost();
  Close();
}

void DomainDiscovery::Close() {
  job_.reset();
  link_.Drop();
}

void DomainDiscovery::LeaveBehind() {
  if (inventory_known_) ApplyEvents();
  job_.reset();
  link_.LeaveBehind();
}

}  // namespace vmtelem

#include "libvirt/libvirt_source.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <libvirt/libvirt.h>

#include "base/backoff.h"
#include "libvirt/api/host_name.h"
#include "libvirt/api/uri.h"
#include "libvirt/call_floors.h"
#include "libvirt/daemon_life.h"
#include "libvirt/domain_discovery.h"
#include "libvirt/domain_runs.h"
#include "libvirt/lane_pool.h"
#include "libvirt/reconnect_pause.h"
#include "libvirt/shards.h"
#include "libvirt/snapshot_filler.h"
#include "libvirt/stats_cycle.h"
#include "libvirt/stuck_domains.h"

namespace vmtelem {
namespace {

// How long a cycle waits for a hypervisor that has not come back yet.
constexpr Nanoseconds kPatience = std::chrono::milliseconds(250);
// The first cycle may take at least this long, since it begins with connecting.
constexpr Nanoseconds kFirstCycle = std::chrono::seconds(6);
// A cycle of a service ends at the latest this long before its line is due or the next tick comes (but at most a tenth
// of the interval), since deriving and encoding take time.
constexpr Nanoseconds kMargin = std::chrono::milliseconds(50);
constexpr std::size_t kPartsOfRemoteShard = 4;
// A restart of the daemon takes up to this long.
constexpr Nanoseconds kWorthReporting = std::chrono::seconds(5);

// A cycle ends at the latest this long after its tick, with the answers that have come.
Nanoseconds CycleLimit(Nanoseconds interval) { return std::max<Nanoseconds>(2 * interval, std::chrono::seconds(2)); }
// Closing a connection is a remote call. Beyond this a stop is not worth delaying.
constexpr Nanoseconds kCloseTimeout = std::chrono::milliseconds(500);

class LibvirtSource final : public Source {
 public:
  LibvirtSource(CollectOptions options, Clock& clock, LoggerPtr log)
      : options_(std::move(options)),
        shown_uri_(UriForDisplay(options_.hypervisor.uri)),
        host_(HostName(options_.hypervisor, std::nullopt)),
        is_remote_(!UriHost(options_.hypervisor.uri).empty()),
        clock_(clock),
        log_(std::move(log)),
        pause_(is_remote_ ? ReconnectPause::kRemoteCap : ReconnectPause::kLocalCap, SystemRandom()),
        discovery_(options_, {clock, pause_}, notifier_),
        lanes_(options_.hypervisor.uri, {clock, pause_, life_}, notifier_),
        cycle_({lanes_, stuck_, life_, clock, *notifier_}, options_.timeout),
        filler_({stuck_, clock, shown_uri_}) {}
  ~LibvirtSource() override { Close(); }
  LibvirtSource(const LibvirtSource&) = delete;
  LibvirtSource& operator=(const LibvirtSource&) = delete;

  Result<void> Collect(Snapshot& snapshot) override {
    snapshot.stamp = clock_.Now();
    snapshot.cycle = ++polls_;
    auto collected = CollectDomains(snapshot);
    snapshot.up = collected.has_value();
    if (!collected) {
      ++poll_errors_;
      snapshot.domains.clear();
      collected = tl::make_unexpected(NamingUri(std::move(collected.error())));
    }
    HidePassword(snapshot.problems);
    snapshot.host = host_;
    FillCounters(snapshot);
    return collected;
  }

  Result<std::vector<DomainInfo>> List(ListScope scope) override {
    auto list = discovery_.List(scope, clock_.SteadyNow() + options_.timeout);
    if (!list) return tl::make_unexpected(NamingUri(std::move(list.error())));
    NoteConnected();
    for (DomainInfo& domain : *list) domain.host = host_;
    std::sort(list->begin(), list->end(),
              [](const auto& a, const auto& b) { return std::tie(a.name, a.uuid) < std::tie(b.name, b.uuid); });
    return list;
  }

  void Interrupt() noexcept override { notifier_->Cancel(); }

  std::size_t Close() noexcept override {
    const SteadyTime deadline = clock_.SteadyNow() + (std::exchange(closed_, true) ? Nanoseconds{} : kCloseTimeout);
    discovery_.Close();
    cycle_.Close();
    return discovery_.link().parked_calls()->AwaitClosed(clock_, deadline) + lanes_.Close(deadline);
  }

 private:
  Result<void> CollectDomains(Snapshot& snapshot) {
    const SteadyTime now = snapshot.stamp.steady;
    snapshot.problems.clear();
    if (notifier_->cancelled()) return Fail(ErrorCode::kClosed, "interrupted");
    stuck_.Refresh();
    const Nanoseconds patience = polls_ == 1 ? options_.first_answer_timeout : kPatience;
    if (auto known = discovery_.Ensure(now + std::min(options_.timeout, patience)); !known) return known;
    stuck_.ForgetEarlierRuns(discovery_.domains());
    DomainRefs eligible, set_aside;
    for (const auto& domain : discovery_.domains()) {
      (stuck_.set_aside(domain->uuid) ? set_aside : eligible).push_back(domain);
    }
    auto result = cycle_.Collect(eligible, MakePlan(snapshot));
    NoteDaemon();
    if (!result) return tl::make_unexpected(WhyNot(result.error()));
    NoteConnected();
    LogControl(now);
    if (result->replaced_connections) NoteReplaced();
    Merge(*result, snapshot);
    set_aside.insert(set_aside.end(), result->set_aside.begin(), result->set_aside.end());
    const std::size_t read = snapshot.domains.size();
    filler_.AddUnread(*result, snapshot);
    filler_.AddSetAside(set_aside, discovery_.domains().size(), snapshot);
    Finish(read, snapshot);
    return {};
  }

  void Finish(std::size_t read, Snapshot& snapshot) {
    call_floors_.KeepOnly(snapshot.domains);
    runs_.Assign(snapshot.domains);
    // A VM that was not read counts as being in the same run as before, but nothing is known of it now.
    for (std::size_t i = read; i < snapshot.domains.size(); ++i) snapshot.domains[i].domain_id.reset();
    discovery_.Tend(stuck_.any_set_aside() ? DomainDiscovery::Locks::kHeld : DomainDiscovery::Locks::kFree);
  }

  // Ids of VMs may mean other runs now, and calls to the earlier daemon wait for ever.
  void NoteDaemon() {
    const auto another_since = life_.AnotherSinceLastCycle();
    if (!another_since) return;
    runs_.NoteReconnected();
    cycle_.LeaveBehind(*another_since);
  }

  void NoteReplaced() {
    discovery_.NoteLost();
    log_->warn("{}: the connections that were open are not answered any more and new ones are: they were replaced",
               shown_uri_);
  }

  [[nodiscard]] Error WhyNot(const Error& error) {
    if (error.code == ErrorCode::kUnreachable) discovery_.NoteLost();
    if (error.code == ErrorCode::kTimeout && error.message.empty()) return discovery_.link().NoAnswer();
    return error.code == ErrorCode::kUnreachable && discovery_.link().fault() ? *discovery_.link().fault() : error;
  }

  // A host name that was reported once stays when a later connection does not report it: another name would make other
  // series.
  void NoteConnected() {
    const auto& reported = discovery_.link().greeting().host_name;
    if (reported) host_ = HostName(options_.hypervisor, reported);
    if (!std::exchange(was_up_, true)) log_->info("connected to {} as host '{}'", shown_uri_, host_);
  }

  // Sampling goes on without the control connection, so nobody would notice that new VMs are missing. The caller
  // reports a hypervisor that does not answer at all.
  void LogControl(SteadyTime now) {
    const auto& fault = discovery_.link().fault();
    if (!fault) {
      if (std::exchange(control_reported_, false)) log_->info("{}: VMs that start are seen again", shown_uri_);
      control_away_since_.reset();
      return;
    }
    control_away_since_ = control_away_since_.value_or(now);
    if (now - *control_away_since_ < kWorthReporting || std::exchange(control_reported_, true)) return;
    log_->warn("{}; the VMs that are known are sampled on, those that start are not seen", fault->message);
  }

  StatsCycle::Plan MakePlan(Snapshot& snapshot) {
    const std::size_t vms = discovery_.domains().size();
    lane_count_ = LaneCount({options_.lanes, vms, std::thread::hardware_concurrency(), is_remote_});
    lanes_.Resize(lane_count_ + (is_remote_ ? LanePool::kSparesOfRemote : LanePool::kSpares));
    StatsCycle::Plan plan;
    plan.terms.shards = lane_count_;
    // Each call to a remote host costs a round trip.
    plan.terms.alone_max = is_remote_ ? kPartsOfRemoteShard * lane_count_ : std::max<std::size_t>(vms, 1);
    plan.terms.blocked_max = options_.lanes_parked_max + lane_count_;
    plan.terms.query.groups = options_.groups;
    plan.terms.query.devices = discovery_.devices();
    plan.terms.memory = std::move(snapshot.domains);
    const SteadyTime tick = snapshot.stamp.steady;
    plan.deadline = tick + options_.timeout;
    if (options_.interval == Nanoseconds::zero()) return plan;
    plan.next_tick = tick + options_.interval - std::min(options_.interval / 10, kMargin);
    const Nanoseconds limit = std::max(CycleLimit(options_.interval), polls_ == 1 ? kFirstCycle : Nanoseconds{});
    plan.deadline = std::min(plan.deadline, tick + limit - kMargin);
    return plan;
  }

  void Merge(CycleResult& result, Snapshot& snapshot) {
    snapshot.domains.clear();
    for (StatsResult& stats : result.stats) {
      call_floors_.Assign(stats.kind, stats.domains);
      std::move(stats.domains.begin(), stats.domains.end(), std::back_inserter(snapshot.domains));
      std::move(stats.problems.begin(), stats.problems.end(), std::back_inserter(snapshot.problems));
      for (const std::string& uuid : stats.stale_devices) discovery_.NoteStaleDevices(uuid);
      values_out_of_range_ += stats.values_out_of_range;
    }
    for (Error& problem : discovery_.TakeProblems()) snapshot.problems.push_back(std::move(problem));
    filler_.NoteMonitors(result, snapshot);
  }

  [[nodiscard]] Error NamingUri(Error error) const {
    error.message = WithoutPassword(std::move(error.message), options_.hypervisor.uri);
    if (error.message.find(shown_uri_) == std::string::npos) error.message = shown_uri_ + ": " + error.message;
    return error;
  }

  void HidePassword(std::vector<Error>& problems) const {
    for (Error& problem : problems) {
      problem.message = WithoutPassword(std::move(problem.message), options_.hypervisor.uri);
    }
  }

  // Each blocked call beyond the number that may be replaced takes a lane from a healthy cycle.
  void FillCounters(Snapshot& snapshot) {
    const std::size_t blocked = lanes_.parked_calls()->blocked(clock_.SteadyNow());
    const std::size_t parked = std::min(blocked, options_.lanes_parked_max);
    snapshot.lanes_parked = parked;
    snapshot.lanes = snapshot.up ? lane_count_ - std::min(lane_count_, blocked - parked) : 0;
    snapshot.polls = polls_;
    snapshot.poll_errors = poll_errors_;
    snapshot.values_out_of_range = values_out_of_range_;
    snapshot.poll_latency = clock_.SteadyNow() - snapshot.stamp.steady;
  }

  const CollectOptions options_;
  const std::string shown_uri_;
  std::string host_;
  const bool is_remote_;
  Clock& clock_;
  LoggerPtr log_;

  const std::shared_ptr<Notifier> notifier_ = std::make_shared<Notifier>();
  ReconnectPause pause_;
  DaemonLife life_;
  StuckDomains stuck_;
  DomainDiscovery discovery_;
  LanePool lanes_;
  StatsCycle cycle_;
  const SnapshotFiller filler_;
  DomainRuns runs_;
  CallFloors call_floors_;
  std::size_t lane_count_ = 0;
  bool was_up_ = false;
  std::optional<SteadyTime> control_away_since_;
  bool control_reported_ = false;
  bool closed_ = false;
  std::uint64_t polls_ = 0, poll_errors_ = 0, values_out_of_range_ = 0;
};

}  // namespace

std::unique_ptr<Source> MakeLibvirtSource(CollectOptions options, Clock& clock, LoggerPtr log) {
  return std::make_unique<LibvirtSource>(std::move(options), clock, std::move(log));
}

std::string LibvirtVersion() {
  unsigned long version = 0;
  if (virGetVersion(&version, nullptr, nullptr) != 0) return "unknown";
  return fmt::format("{}.{}.{}", version / 1'000'000, version / 1'000 % 1'000, version % 1'000);
}

}  // namespace vmtelem

#include "libvirt/libvirt_source.h"

#include <algorithm>
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
#include "base/url.h"
#include "libvirt/api/host_name.h"
#include "libvirt/api/uri.h"
#include "libvirt/domain_discovery.h"
#include "libvirt/hypervisor_log.h"
#include "libvirt/reconnect_pause.h"
#include "libvirt/shards.h"
#include "libvirt/snapshot_filler.h"
#include "libvirt/stats_cycle.h"

namespace vmtelem {
namespace {

// How long a cycle waits for a hypervisor that has not come back yet.
constexpr Nanoseconds kPatienceWithConnecting = std::chrono::milliseconds(250);
// The first cycle may take at least this long, since it begins with connecting.
constexpr Nanoseconds kFirstCycle = std::chrono::seconds(6);
// A cycle of a service ends at the latest this long before its line is due or the next tick comes (but at most a tenth
// of the interval), since deriving and encoding take time.
constexpr Nanoseconds kMargin = std::chrono::milliseconds(50);
constexpr std::size_t kPartsOfRemoteShard = 4;

// A cycle ends at the latest this long after its tick, with the answers that have come.
Nanoseconds CycleLimit(Nanoseconds interval) { return std::max<Nanoseconds>(2 * interval, std::chrono::seconds(2)); }
// Closing a connection is a remote call. Beyond this a stop is not worth delaying: then the connections are cut, those
// too that are being opened, whose end takes some milliseconds, and a little more where a child has to end.
constexpr Nanoseconds kCloseTimeout = std::chrono::milliseconds(500);
constexpr Nanoseconds kCutTimeout = std::chrono::milliseconds(500);

class LibvirtSource final : public Source {
 public:
  LibvirtSource(Hypervisor hypervisor, CollectOptions options, Clock& clock, LoggerPtr log, SourceBounds bounds)
      : hypervisor_(std::move(hypervisor)),
        options_(std::move(options)),
        bounds_(std::move(bounds)),
        host_(HostName(hypervisor_, std::nullopt)),
        is_remote_(!UriHost(hypervisor_.uri).empty()),
        clock_(clock),
        log_(std::move(log), MaskUrl(hypervisor_.uri)),
        pause_(is_remote_ ? ReconnectPause::kRemote : ReconnectPause::kLocal, SystemRandom()),
        discovery_(options_, {hypervisor_, clock, pause_, bounds_}, notifier_),
        cycle_(options_, {hypervisor_, clock, pause_, bounds_}, notifier_),
        filler_({cycle_.stuck(), clock, MaskUrl(hypervisor_.uri)}) {
    bounds_.hosts->Join(where());
  }
  ~LibvirtSource() override { Close(); }
  LibvirtSource(const LibvirtSource&) = delete;
  LibvirtSource& operator=(const LibvirtSource&) = delete;

  [[nodiscard]] const std::string& host() const override { return host_; }

  Result<void> Collect(Snapshot& snapshot) override {
    snapshot.stamp = clock_.Now();
    snapshot.cycle = ++counts_.polls;
    auto collected = CollectDomains(snapshot);
    snapshot.up = collected.has_value();
    snapshot.overloaded = !collected && collected.error().code == ErrorCode::kOverloaded;
    if (!collected) {
      ++counts_.poll_errors;
      snapshot.domains.clear();
      collected = Failed(std::move(collected.error()));
    }
    HidePassword(snapshot.problems);
    snapshot.host = host_;
    FillCounters(snapshot);
    return collected;
  }

  Result<std::vector<DomainInfo>> List(ListScope scope) override {
    auto list = discovery_.List(scope, clock_.SteadyNow() + options_.timeout);
    if (!list) return Failed(std::move(list.error()));
    NoteConnected();
    for (DomainInfo& domain : *list) domain.host = host_;
    std::sort(list->begin(), list->end(),
              [](const auto& a, const auto& b) { return std::tie(a.name, a.uuid) < std::tie(b.name, b.uuid); });
    return list;
  }

  void Interrupt() noexcept override { notifier_->Cancel(); }

  std::size_t Close() noexcept override {
    const bool is_first = !std::exchange(closed_, true);
    if (is_first) bounds_.hosts->Leave(where());
    const SteadyTime deadline = clock_.SteadyNow() + (is_first ? kCloseTimeout : Nanoseconds{});
    discovery_.Close();
    cycle_.Close();
    if (discovery_.link().parked_calls()->AwaitClosed(clock_, deadline) + cycle_.lanes().Close(deadline) == 0) return 0;
    const SteadyTime cut_until = clock_.SteadyNow() + kCutTimeout;
    return discovery_.link().parked_calls()->CutOff(clock_, cut_until) +
           cycle_.lanes().parked_calls()->CutOff(clock_, cut_until);
  }

 private:
  Result<void> CollectDomains(Snapshot& snapshot) {
    const SteadyTime now = snapshot.stamp.steady;
    snapshot.problems.clear();
    if (notifier_->cancelled()) return Fail(ErrorCode::kClosed, "interrupted");
    cycle_.stuck().Refresh();
    const Nanoseconds patience = counts_.polls == 1 ? options_.first_answer_timeout : kPatienceWithConnecting;
    if (auto known = discovery_.Ensure(now + std::min(options_.timeout, patience)); !known) return known;
    cycle_.stuck().ForgetEarlierRuns(discovery_.domains());
    DomainRefs eligible, set_aside;
    for (const auto& domain : discovery_.domains()) {
      (cycle_.stuck().set_aside(domain->uuid) ? set_aside : eligible).push_back(domain);
    }
    auto result = cycle_.Collect(eligible, MakePlan(now));
    if (cycle_.TakeNewDaemon()) filler_.NoteNewDaemon();
    if (!result) return tl::make_unexpected(WhyNot(result.error()));
    NoteConnected();
    log_.NoteControl(discovery_.link().fault(), now);
    if (result->replaced_connections) NoteReplaced();
    Merge(*result, snapshot);
    set_aside.insert(set_aside.end(), result->set_aside.begin(), result->set_aside.end());
    const std::size_t read = snapshot.domains.size();
    filler_.AddUnread(*result, snapshot);
    filler_.AddSetAside(set_aside, discovery_.domains().size(), snapshot);
    filler_.Finish(read, snapshot);
    discovery_.Tend(cycle_.stuck().any_set_aside() ? DomainDiscovery::Locks::kHeld : DomainDiscovery::Locks::kFree);
    return {};
  }

  void NoteReplaced() {
    discovery_.NoteLost();
    log_.NoteReplaced();
  }

  [[nodiscard]] Error WhyNot(const Error& error) {
    if (error.code == ErrorCode::kUnreachable) discovery_.NoteLost();
    if (error.code == ErrorCode::kOverloaded && error.message.empty()) return discovery_.link().Overloaded();
    if (error.code == ErrorCode::kTimeout && error.message.empty()) return discovery_.link().NoAnswer();
    return error.code == ErrorCode::kUnreachable && discovery_.link().fault() ? *discovery_.link().fault() : error;
  }

  // A host name that was reported once stays when a later connection does not report it: another name would make other
  // series.
  void NoteConnected() {
    const auto& reported = discovery_.link().greeting().host_name;
    if (reported) host_ = HostName(hypervisor_, reported);
    log_.NoteConnected(host_);
  }

  StatsCycle::Plan MakePlan(SteadyTime tick) {
    const std::size_t vms = discovery_.domains().size();
    const LaneDemand demand{
        options_.lanes,        vms, std::thread::hardware_concurrency(), is_remote_, bounds_.hosts->all(),
        bounds_.hosts->local()};
    const std::size_t shards = LaneCount(demand);
    cycle_.lanes().Resize({shards, SpareCount(demand)});
    StatsCycle::Plan plan;
    plan.terms.shards = shards;
    // Each call to a remote host costs a round trip.
    plan.terms.alone_max = is_remote_ ? kPartsOfRemoteShard * shards : std::max<std::size_t>(vms, 1);
    plan.terms.blocked_max = options_.lanes_parked_max + shards;
    plan.terms.query.groups = options_.groups;
    plan.terms.query.devices = discovery_.devices();
    plan.times.deadline = tick + options_.timeout;
    if (options_.interval == Nanoseconds::zero()) return plan;
    plan.times.next_tick = tick + options_.interval - std::min(options_.interval / 10, kMargin);
    const Nanoseconds limit = std::max(CycleLimit(options_.interval), counts_.polls == 1 ? kFirstCycle : Nanoseconds{});
    plan.times.deadline = std::min(plan.times.deadline, tick + limit - kMargin);
    return plan;
  }

  void Merge(CycleResult& result, Snapshot& snapshot) {
    filler_.TakeStats(result.stats, snapshot);
    for (const StatsResult& stats : result.stats) {
      for (const std::string& uuid : stats.stale_devices) discovery_.NoteStaleDevices(uuid);
      counts_.values_out_of_range += stats.values_out_of_range;
    }
    for (Error& problem : discovery_.TakeProblems()) snapshot.problems.push_back(std::move(problem));
    filler_.NoteMonitors(result, snapshot);
  }

  [[nodiscard]] tl::unexpected<Error> Failed(Error error) const {
    error.message = NamingUri(std::move(error.message), hypervisor_.uri);
    return tl::make_unexpected(std::move(error));
  }

  void HidePassword(std::vector<Error>& problems) const {
    for (Error& problem : problems) {
      problem.message = WithoutPassword(std::move(problem.message), hypervisor_.uri);
    }
  }

  [[nodiscard]] HostCount::Where where() const {
    return is_remote_ ? HostCount::Where::kRemote : HostCount::Where::kLocal;
  }

  // Each blocked call beyond the number that may be replaced takes a lane from a healthy cycle.
  void FillCounters(Snapshot& snapshot) {
    const std::size_t blocked = cycle_.lanes().parked_calls()->blocked(clock_.SteadyNow());
    const std::size_t parked = std::min(blocked, options_.lanes_parked_max);
    const std::size_t shards = cycle_.shards();
    snapshot.lanes_parked = parked;
    snapshot.lanes = snapshot.up ? shards - std::min(shards, blocked - parked) : 0;
    snapshot.polls = counts_.polls;
    snapshot.poll_errors = counts_.poll_errors;
    snapshot.values_out_of_range = counts_.values_out_of_range;
    snapshot.poll_latency = clock_.SteadyNow() - snapshot.stamp.steady;
  }

  const Hypervisor hypervisor_;
  const CollectOptions options_;
  const SourceBounds bounds_;
  std::string host_;
  const bool is_remote_;
  Clock& clock_;
  HypervisorLog log_;

  const std::shared_ptr<Notifier> notifier_ = std::make_shared<Notifier>();
  ReconnectPause pause_;
  DomainDiscovery discovery_;
  StatsCycle cycle_;
  SnapshotFiller filler_;
  bool closed_ = false;
  struct Counts {  // since the start
    std::uint64_t polls = 0, poll_errors = 0, values_out_of_range = 0;
  };
  Counts counts_;
};

}  // namespace

std::unique_ptr<Source> MakeLibvirtSource(Hypervisor hypervisor, CollectOptions options, Clock& clock, LoggerPtr log,
                                          SourceBounds bounds) {
  return std::make_unique<LibvirtSource>(std::move(hypervisor), std::move(options), clock, std::move(log),
                                         std::move(bounds));
}

std::string LibvirtVersion() {
  unsigned long version = 0;
  if (virGetVersion(&version, nullptr, nullptr) != 0) return "unknown";
  return fmt::format("{}.{}.{}", version / 1'000'000, version / 1'000 % 1'000, version % 1'000);
}

}  // namespace vmtelem

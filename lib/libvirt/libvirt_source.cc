#include "libvirt/libvirt_source.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <libvirt/libvirt.h>

#include "libvirt/call_floors.h"
#include "libvirt/control.h"
#include "libvirt/host_name.h"
#include "libvirt/incarnations.h"
#include "libvirt/lane_pool.h"
#include "libvirt/poll.h"
#include "libvirt/shards.h"
#include "libvirt/stuck_domains.h"
#include "libvirt/uri.h"

namespace vmtelem {
namespace {

// How long a cycle waits for a hypervisor that has not come back yet.
constexpr Nanoseconds kPatience = std::chrono::milliseconds(250);
// Another client's command to the monitor takes milliseconds; one that takes this long does not come back soon.
constexpr Nanoseconds kLeastBlocked = std::chrono::seconds(1);
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
        control_(options_, clock, bell_),
        lanes_(options_.hypervisor.uri, clock, bell_),
        pace_(options_.timeout) {}
  ~LibvirtSource() override { Close(); }
  LibvirtSource(const LibvirtSource&) = delete;
  LibvirtSource& operator=(const LibvirtSource&) = delete;

  Result<void> Collect(Snapshot& snapshot) override {
    snapshot.stamp = clock_.Now();
    snapshot.cycle = ++polls_;
    auto sampled = Sample(snapshot);
    snapshot.up = sampled.has_value();
    if (!sampled) {
      ++poll_errors_;
      snapshot.domains.clear();
      sampled = tl::make_unexpected(NamingUri(std::move(sampled.error())));
    }
    HidePassword(snapshot.problems);
    snapshot.host = host_;
    FillCounters(snapshot);
    return sampled;
  }

  Result<std::vector<DomainInfo>> List(ListScope scope) override {
    auto list = control_.List(scope, clock_.SteadyNow() + options_.timeout);
    if (!list) return tl::make_unexpected(NamingUri(std::move(list.error())));
    NoteConnected();
    for (DomainInfo& domain : *list) domain.host = host_;
    std::sort(list->begin(), list->end(),
              [](const auto& a, const auto& b) { return std::tie(a.name, a.uuid) < std::tie(b.name, b.uuid); });
    return list;
  }

  void Interrupt() noexcept override { bell_->Cancel(); }

  std::size_t Close() noexcept override {
    const SteadyTime deadline = clock_.SteadyNow() + (std::exchange(closed_, true) ? Nanoseconds{} : kCloseTimeout);
    control_.Close();
    lanes_.DropAll();
    return control_.lot()->AwaitClosed(clock_, deadline) + lanes_.Close(deadline);
  }

 private:
  Result<void> Sample(Snapshot& snapshot) {
    const SteadyTime now = snapshot.stamp.steady;
    snapshot.problems.clear();
    if (bell_->cancelled()) return Fail(ErrorCode::kClosed, "interrupted");
    stuck_.Refresh();
    const Nanoseconds patience = polls_ == 1 ? options_.first_answer_timeout : kPatience;
    auto known = control_.Ensure(now + std::min(options_.timeout, patience));
    if (!known) return known;
    NoteConnected();
    DomainRefs eligible, set_aside;
    for (const auto& domain : control_.domains()) {
      (stuck_.set_aside(domain->uuid) ? set_aside : eligible).push_back(domain);
    }
    auto result = MakePoll(snapshot).Run(eligible);
    if (!result) {
      if (result.error().code == ErrorCode::kUnreachable) control_.NoteLost();
      return tl::make_unexpected(result.error());
    }
    if (result->lost_lane) incarnations_.NoteReconnected();
    Merge(*result, snapshot);
    NoteMonitors(*result, snapshot);
    const std::size_t read = snapshot.domains.size();
    set_aside.insert(set_aside.end(), result->set_aside.begin(), result->set_aside.end());
    AddSetAside(set_aside, snapshot);
    call_floors_.KeepOnly(snapshot.domains);
    incarnations_.Assign(snapshot.domains);
    // A VM that is set aside is in the same run as before, but nothing is known of it now.
    for (std::size_t i = read; i < snapshot.domains.size(); ++i) snapshot.domains[i].domain_id.reset();
    control_.Tend(stuck_.any_set_aside() ? Control::Locks::kHeld : Control::Locks::kFree);
    return {};
  }

  // Once reported, a host name stays when a later connection does not tell it: another one would be other series.
  void NoteConnected() {
    if (control_.greeting().host_name) host_ = HostName(options_.hypervisor, control_.greeting().host_name);
    if (std::exchange(generation_, control_.generation()) != control_.generation()) {
      incarnations_.NoteReconnected();
      stuck_.Clear();
      lanes_.NoteNewDaemon();
      pace_.Forget();
    }
    if (!std::exchange(was_up_, true)) log_->info("connected to {} as host '{}'", shown_uri_, host_);
  }

  Poll MakePoll(Snapshot& snapshot) {
    lane_count_ =
        LaneCount({options_.lanes, control_.domains().size(), std::thread::hardware_concurrency(), is_remote_});
    lanes_.Resize(lane_count_);
    Poll::Plan plan;
    plan.shards = lane_count_;
    plan.blocked_max = options_.lanes_parked_max + lane_count_;
    plan.is_remote = is_remote_;
    plan.question.groups = options_.groups;
    plan.question.devices = control_.devices();
    plan.deadline = snapshot.stamp.steady + options_.timeout;
    plan.memory = std::move(snapshot.domains);
    return {{control_, lanes_, stuck_, pace_, clock_, *bell_}, std::move(plan)};
  }

  void Merge(PollResult& result, Snapshot& snapshot) {
    snapshot.domains.clear();
    for (Answer& answer : result.answers) {
      call_floors_.Assign(answer.kind, answer.domains);
      std::move(answer.domains.begin(), answer.domains.end(), std::back_inserter(snapshot.domains));
      std::move(answer.problems.begin(), answer.problems.end(), std::back_inserter(snapshot.problems));
      for (const std::string& uuid : answer.stale_devices) control_.NoteStaleDevices(uuid);
      values_out_of_range_ += answer.values_out_of_range;
    }
    for (Error& problem : control_.TakeProblems()) snapshot.problems.push_back(std::move(problem));
    for (const auto& domain : result.unanswered) {
      Add(*domain, snapshot);
      const std::string message = fmt::format("VM '{}' was not read: {}", domain->name, result.why_unanswered);
      snapshot.problems.push_back({ErrorCode::kTimeout, message, {}});
    }
  }

  static DomainStats& Add(const DomainRef& domain, Snapshot& snapshot) {
    DomainStats& stats = snapshot.domains.emplace_back();
    stats.name = domain.name;
    stats.uuid = domain.uuid;
    stats.domain_id = domain.id;
    stats.stamp = snapshot.stamp;
    return stats;
  }

  // Tells a VM that does not answer its monitor from one that another client was just busy with.
  void NoteMonitors(const PollResult& result, Snapshot& snapshot) {
    std::unordered_set<std::string> partial;
    for (const Answer& answer : result.answers)
      partial.insert(answer.without_monitor.begin(), answer.without_monitor.end());
    DomainRefs asked;
    for (const auto& domain : control_.domains()) {
      if (partial.contains(domain->uuid) || stuck_.hung(domain->uuid)) asked.push_back(domain);
    }
    if (asked.empty()) return;
    const SweepReport report = control_.Sweep(asked);
    for (const auto& locked : report.locked) stuck_.NoteLocked(*locked.domain, locked.call, clock_.SteadyNow());
    for (DomainStats& domain : snapshot.domains) {
      if (domain.monitor_ok || (!partial.contains(domain.uuid) && !stuck_.hung(domain.uuid))) continue;
      NoteMonitor(report, domain, snapshot.problems);
    }
  }

  void NoteMonitor(const SweepReport& report, DomainStats& domain, std::vector<Error>& problems) const {
    const auto found = std::find_if(report.blocked.begin(), report.blocked.end(),
                                    [&](const auto& blocked) { return blocked.uuid == domain.uuid; });
    const bool told = found != report.blocked.end();
    const auto since = stuck_.since(domain.uuid);
    if (since || (told && found->blocked >= kLeastBlocked)) {
      domain.monitor_ok = false;
      domain.monitor_blocked_s = Seconds(told ? found->blocked : clock_.SteadyNow() - *since);
    } else {
      problems.push_back(
          {ErrorCode::kTimeout,
           fmt::format("part of the statistics of VM '{}' is missing: another call to libvirt holds its job",
                       domain.name),
           {}});
    }
  }

  // Whose lock came free at the end of the cycle has not been asked in it all the same.
  void AddSetAside(const DomainRefs& set_aside, Snapshot& snapshot) const {
    std::unordered_set<std::string> listed;
    for (const DomainStats& domain : snapshot.domains) listed.insert(domain.uuid);
    for (const auto& domain : set_aside) {
      if (!listed.insert(domain->uuid).second) continue;
      DomainStats& stats = Add(*domain, snapshot);
      stats.monitor_ok = false;
      if (const auto since = stuck_.since(domain->uuid)) {
        stats.monitor_blocked_s = Seconds(clock_.SteadyNow() - *since);
      }
    }
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

  // Blocked calls beyond those that may be replaced are at the expense of the lanes of a healthy cycle.
  void FillCounters(Snapshot& snapshot) {
    const std::size_t blocked = lanes_.lot()->blocked(clock_.SteadyNow());
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

  const std::shared_ptr<Doorbell> bell_ = std::make_shared<Doorbell>();
  Control control_;
  LanePool lanes_;
  ShardPace pace_;
  StuckDomains stuck_;
  Incarnations incarnations_;
  CallFloors call_floors_;
  std::size_t lane_count_ = 0;
  std::uint64_t generation_ = 0;
  bool was_up_ = false;
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

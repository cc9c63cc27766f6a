#include "agent/collectors.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

#include "base/text_hash.h"
#include "base/url.h"

namespace vmtelem {
namespace {

// Between the starts of two hypervisors: connecting costs the machine where the daemons are, or the one on the way to
// them; by default sshd drops some of more than ten connections that are not authenticated yet.
constexpr Nanoseconds kStartStep = std::chrono::milliseconds(20);

// Hypervisors that are sampled in the same instant keep this process's own cores so busy that their calls look late. So
// their ticks are spread: by what the work for one may take, each, over a part of the interval at most. Where a tick
// lies follows from the name, so that it is the same after a restart.
constexpr Nanoseconds kTickStep = std::chrono::milliseconds(1);
constexpr int kPartsOfInterval = 4;

// A call that has not returned when its source is closed may be on its way to the next wait, and a name that nobody
// answers for is asked for half a minute. So the source of a hypervisor that has left is closed again, so often, unless
// somebody waits for its end.
constexpr Nanoseconds kCloseAgain = std::chrono::seconds(1);
constexpr int kMostCloses = 60;

Nanoseconds TickSpread(Nanoseconds interval, std::size_t hypervisors) {
  return hypervisors < 2 ? Nanoseconds{} : std::min<Nanoseconds>(interval / kPartsOfInterval, kTickStep * hypervisors);
}

Nanoseconds Scaled(Nanoseconds step, double by) {
  return std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double, std::nano>(step) * by);
}

void Count(const CollectorStats& one, CollectionStats& all) {
  all.cycles += one.cycles;
  all.failed_cycles += one.failed_cycles;
  all.names_repaired += one.names_repaired;
  all.values_out_of_range += one.values_out_of_range;
}

}  // namespace

// A hypervisor with all that its thread works with.
struct Collectors::Host {
  Host(const Hypervisor& h, std::unique_ptr<Source> s, const CollectorOptions& options, const Collector::Parts& parts,
       HostTags::Holder tag, const LoggerPtr& log)
      : hypervisor(h), source(std::move(s)), collector(options, parts, std::move(tag), MaskUrl(h.uri), log) {}

  void Run(Nanoseconds delay, Clock& clock, Notifier& closing) {
    collector.Run(delay);
    ended.set_value();
    unreturned_calls = source->Close();
    for (int closes = 1; unreturned_calls > 0 && closes < kMostCloses && !closing.cancelled(); ++closes) {
      closing.WaitUntil(clock, clock.SteadyNow() + kCloseAgain, [] { return false; });
      unreturned_calls = source->Close();
    }
    closed = true;
  }
  void RequestStop() {
    collector.Stop();
    source->Interrupt();
  }

  const Hypervisor hypervisor;
  const std::unique_ptr<Source> source;
  Collector collector;
  std::promise<void> ended;
  const std::future<void> collected = ended.get_future();  // nothing more is sampled
  std::size_t unreturned_calls = 0;
  std::atomic<bool> closed = false;
  std::thread thread;
};

Collectors::Collectors(CollectorOptions options, MakeSource make_source, Parts parts, LoggerPtr log)
    : options_(std::move(options)),
      make_source_(std::move(make_source)),
      parts_(parts),
      log_(std::move(log)),
      host_log_(log_) {}

Collectors::~Collectors() {
  Stop();
  Close();
}

Collectors::Change Collectors::Collect(const std::vector<Hypervisor>& hypervisors) {
  ReapEnded();
  host_log_.SetHosts(hypervisors.size());
  Change change{.left = LetGoAllBut(hypervisors)};
  const Nanoseconds spread = TickSpread(options_.interval, hypervisors.size());
  for (const Hypervisor& hypervisor : hypervisors) {
    const bool is_known =
        std::any_of(hosts_.begin(), hosts_.end(), [&](const auto& host) { return host->hypervisor == hypervisor; });
    if (!is_known) Start(hypervisor, {change.joined++, spread});
  }
  return change;
}

void Collectors::Start(const Hypervisor& hypervisor, const Place& place) {
  auto source = make_source_(hypervisor);
  const Collector::Parts parts{*source, parts_.queue, parts_.clock, host_log_};
  HostTags::Holder tag = tags_.Add(source->host(), hypervisor.nth);
  CollectorOptions options = options_;
  options.phase = Scaled(place.spread, PhaseOf(hypervisor.name.empty() ? hypervisor.uri : hypervisor.name));
  auto host = std::make_unique<Host>(hypervisor, std::move(source), options, parts, std::move(tag), log_);
  const Nanoseconds delay =
      place.position == 0 ? Nanoseconds{} : Scaled(kStartStep, double(place.position) + random_());
  try {
    host->thread = std::thread([this, &started = *host, delay] { started.Run(delay, parts_.clock, closing_); });
  } catch (const std::system_error& error) {
    return log_->error("{} is not collected: cannot start a thread: {}", MaskUrl(hypervisor.uri), error.what());
  }
  const std::lock_guard guard(mutex_);
  if (paused_) host->collector.Pause();
  hosts_.push_back(std::move(host));
}

std::size_t Collectors::LetGoAllBut(const std::vector<Hypervisor>& hypervisors) {
  const std::lock_guard guard(mutex_);
  const auto first_gone = std::stable_partition(hosts_.begin(), hosts_.end(), [&](const auto& host) {
    return std::find(hypervisors.begin(), hypervisors.end(), host->hypervisor) != hypervisors.end();
  });
  const auto count = static_cast<std::size_t>(std::distance(first_gone, hosts_.end()));
  std::for_each(first_gone, hosts_.end(), [](const auto& host) { host->RequestStop(); });
  std::move(first_gone, hosts_.end(), std::back_inserter(leaving_));
  hosts_.erase(first_gone, hosts_.end());
  return count;
}

void Collectors::ReapEnded() {
  const std::lock_guard guard(mutex_);
  std::erase_if(leaving_, [this](const auto& host) {
    if (!host->closed) return false;
    Reap(*host);
    return true;
  });
}

void Collectors::Reap(Host& host) {
  host.thread.join();
  Count(host.collector.stats(), left_);
  unreturned_calls_ += host.unreturned_calls;
}

void Collectors::Stop() {
  LetGoAllBut({});
  for (const auto& host : leaving_) host->collected.wait();
  host_log_.Flush();
}

std::size_t Collectors::Close() {
  closing_.Cancel();
  std::size_t unreturned = unreturned_calls_;
  for (const auto& host : leaving_) {
    if (host->thread.joinable()) host->thread.join();
    unreturned += host->unreturned_calls;
  }
  return unreturned;
}

bool Collectors::Pause() {
  const std::lock_guard guard(mutex_);
  if (std::exchange(paused_, true)) return false;
  for (const auto& host : hosts_) host->collector.Pause();
  return true;
}

bool Collectors::Resume() {
  const std::lock_guard guard(mutex_);
  if (!std::exchange(paused_, false)) return false;
  for (const auto& host : hosts_) host->collector.Resume();
  return true;
}

bool Collectors::paused() const {
  const std::lock_guard guard(mutex_);
  return paused_;
}

std::vector<HostStatus> Collectors::hosts() const {
  const std::lock_guard guard(mutex_);
  std::vector<HostStatus> all;
  all.reserve(hosts_.size());
  for (const auto& host : hosts_) {
    all.push_back({MaskUrl(host->hypervisor.uri), host->collector.stats(), host->collector.latest()});
  }
  return all;
}

CollectionStats Collectors::stats() const {
  const std::lock_guard guard(mutex_);
  CollectionStats all = left_;
  for (const auto& host : leaving_) Count(host->collector.stats(), all);
  all.hypervisors = hosts_.size();
  for (const auto& host : hosts_) {
    const CollectorStats one = host->collector.stats();
    Count(one, all);
    all.vms += one.vms;
    all.hung_vms += one.hung_vms;
    if (!one.fault.empty() && all.failing++ == 0) all.fault = one.fault;
  }
  return all;
}

}  // namespace vmtelem

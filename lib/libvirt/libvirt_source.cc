#include "libvirt/libvirt_source.h"

#include <algorithm>
#include <memory>
#include <stop_token>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <libvirt/libvirt.h>

#include "base/backoff.h"
#include "base/parse.h"
#include "libvirt/host_name.h"
#include "libvirt/incarnations.h"
#include "libvirt/lane.h"
#include "libvirt/reconnect_pause.h"
#include "libvirt/session.h"
#include "libvirt/uri.h"

namespace vmtelem {
namespace {

// Each parked call pins one of the 20 workers that libvirtd has for all its clients.
constexpr std::size_t kMaxParkedLanes = 8;

class LibvirtSource final : public Source {
 public:
  LibvirtSource(CollectOptions options, Clock& clock, LoggerPtr log)
      : options_(std::move(options)),
        filter_(std::make_shared<const DomainFilter>(options_.filter)),
        shown_uri_(UriForDisplay(options_.hypervisor.uri)),
        host_(HostName(options_.hypervisor, std::nullopt)),
        clock_(clock),
        log_(std::move(log)) {}

  Result<void> Collect(Snapshot& snapshot) override {
    snapshot.host = host_;
    snapshot.stamp = clock_.Now();
    snapshot.cycle = ++polls_;
    auto answer = Poll(std::move(snapshot.domains));
    Note(answer);
    snapshot.up = answer.has_value();
    if (!answer) {
      ++poll_errors_;
      answer = Answer{};
    } else {
      incarnations_.Assign(answer->domains);
      snapshot.host = host_;
    }
    values_out_of_range_ += answer->values_out_of_range;
    snapshot.domains = std::move(answer->domains);
    snapshot.problems = std::move(answer->problems);
    for (Error& problem : snapshot.problems) {
      problem.message = WithoutPassword(std::move(problem.message), options_.hypervisor.uri);
    }
    FillCounters(snapshot);
    if (!snapshot.up) return tl::make_unexpected(last_error_);
    return {};
  }

  Result<std::vector<DomainInfo>> List(ListScope scope) override {
    const SteadyTime deadline = clock_.SteadyNow() + options_.timeout;
    auto list = EnsureConnected(deadline).and_then([&] {
      return OnLane(
          [scope, filter = filter_](Session& session, LaneClock& clock) { return session.List(scope, *filter, clock); },
          deadline);
    });
    Note(list);
    if (!list) return list;
    for (DomainInfo& domain : *list) domain.host = host_;
    std::sort(list->begin(), list->end(),
              [](const auto& a, const auto& b) { return std::tie(a.name, a.uuid) < std::tie(b.name, b.uuid); });
    return list;
  }

  void Interrupt() noexcept override { interruption_.request_stop(); }

 private:
  static tl::unexpected<Error> Interrupted() { return Fail(ErrorCode::kClosed, "interrupted"); }

  Result<Answer> Poll(std::vector<DomainStats> memory) {
    const SteadyTime deadline = clock_.SteadyNow() + options_.timeout;
    return EnsureConnected(deadline).and_then([&] {
      return OnLane(
          [groups = options_.groups, filter = filter_, answer = Answer{std::move(memory), {}, 0}](
              Session& session, LaneClock& clock) mutable {
            return session.Collect(groups, *filter, std::move(answer), clock);
          },
          deadline);
    });
  }

  Result<void> EnsureConnected(SteadyTime deadline) {
    if (interruption_.stop_requested()) return Interrupted();
    if (connected_) return {};
    if (!pause_.MayTry(clock_.SteadyNow())) return tl::make_unexpected(last_error_);
    const auto connected = EnsureLane().and_then([&] {
      return OnLane([uri = options_.hypervisor.uri](Session& session, LaneClock&) { return session.Connect(uri); },
                    deadline);
    });
    if (!connected) {
      pause_.NoteFailure(clock_.SteadyNow());
      return tl::make_unexpected(connected.error());
    }
    pause_.NoteSuccess();
    connected_ = true;
    // Once reported, a name stays when a later connection does not tell it: another one would be other series.
    if (*connected) host_ = HostName(options_.hypervisor, *connected);
    incarnations_.NoteReconnected();
    return {};
  }

  Result<void> EnsureLane() {
    if (lane_ != nullptr) return {};
    if (lot_->full()) {
      return Fail(ErrorCode::kTimeout, fmt::format("{} calls to {} have not returned; no more are made until one does",
                                                   lot_->parked(), shown_uri_));
    }
    try {
      lane_ = std::make_unique<Lane<Session>>(std::make_unique<Session>(options_.device_cache_ttl), clock_, lot_,
                                              interruption_.get_token());
    } catch (const std::system_error& error) {
      return Fail(ErrorCode::kInternal, fmt::format("cannot start a thread: {}", error.what()));
    }
    return {};
  }

  // A call on the lane. If it is parked, or says that the connection is lost, there is no connection afterwards.
  template <class Function>
  auto OnLane(Function function, SteadyTime deadline) -> std::invoke_result_t<Function, Session&, LaneClock&> {
    auto answer = lane_->Call(std::move(function), deadline);
    if (answer) return answer;
    if (lane_->parked()) {
      lane_.reset();
      connected_ = false;
      if (interruption_.stop_requested()) return Interrupted();
      return Fail(ErrorCode::kTimeout,
                  fmt::format("{} did not answer within {}", shown_uri_, FormatDuration(options_.timeout)));
    }
    if (answer.error().code == ErrorCode::kUnreachable) connected_ = false;
    return tl::make_unexpected(NamingUri(std::move(answer.error())));
  }

  [[nodiscard]] Error NamingUri(Error error) const {
    error.message = WithoutPassword(std::move(error.message), options_.hypervisor.uri);
    if (error.message.find(shown_uri_) == std::string::npos) error.message = shown_uri_ + ": " + error.message;
    return error;
  }

  // Remembers how things stand, and tells the first connection. What is lost and comes back is told by whoever gets the
  // error and the next answer.
  template <class T>
  void Note(const Result<T>& result) {
    if (!result) {
      last_error_ = result.error();
    } else if (!std::exchange(was_up_, true)) {
      log_->info("connected to {} as host '{}'", shown_uri_, host_);
    }
  }

  void FillCounters(Snapshot& snapshot) {
    snapshot.lanes = lane_ == nullptr ? 0 : 1;
    snapshot.lanes_parked = lot_->parked();
    snapshot.polls = polls_;
    snapshot.poll_errors = poll_errors_;
    snapshot.values_out_of_range = values_out_of_range_;
    snapshot.poll_latency = clock_.SteadyNow() - snapshot.stamp.steady;
  }

  const CollectOptions options_;
  const std::shared_ptr<const DomainFilter> filter_;
  const std::string shown_uri_;
  std::string host_;
  Clock& clock_;
  LoggerPtr log_;

  std::shared_ptr<ParkingLot> lot_ = std::make_shared<ParkingLot>(kMaxParkedLanes);
  std::stop_source interruption_;
  std::unique_ptr<Lane<Session>> lane_;
  bool connected_ = false;  // the lane's session has a connection that is not known to be lost
  ReconnectPause pause_{SystemRandom()};
  Incarnations incarnations_;
  bool was_up_ = false;
  Error last_error_;
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

#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <catch2/catch.hpp>

#include "agent/collectors.h"
#include "fakes/eventually.h"
#include "fakes/fake_source.h"
#include "fakes/null_logger.h"

namespace vmtelem {

using std::chrono::milliseconds;

inline Hypervisor Named(const std::string& name) { return {.name = name, .uri = "fake:///" + name}; }

// What a test sees of the source of one hypervisor, which the collector owns.
struct Seen {
  std::atomic<int> collects = 0, closes = 0;
  std::atomic<bool> interrupted = false, closed = false;
};

// A hypervisor that answers, or hangs in each call until it is interrupted.
class WatchedSource final : public Source {
 public:
  WatchedSource(Clock& clock, std::string name, bool hangs, std::shared_ptr<Seen> seen)
      : source_(clock), hangs_(hangs), seen_(std::move(seen)) {
    source_.name = std::move(name);
    source_.domains = {MakeDomain("web", 1)};
  }
  [[nodiscard]] const std::string& host() const override { return source_.host(); }
  Result<void> Collect(Snapshot& snapshot) override {
    ++seen_->collects;
    while (hangs_ && !seen_->interrupted) std::this_thread::sleep_for(milliseconds(1));
    if (hangs_) source_.failure = Error{ErrorCode::kClosed, "interrupted", {}};
    return source_.Collect(snapshot);
  }
  Result<std::vector<DomainInfo>> List(ListScope scope) override { return source_.List(scope); }
  void Interrupt() noexcept override { seen_->interrupted = true; }
  std::size_t Close() noexcept override {
    seen_->closed = true;
    ++seen_->closes;
    return hangs_ ? 1 : 0;
  }

 private:
  FakeSource source_;
  const bool hangs_;
  std::shared_ptr<Seen> seen_;
};

struct Fleet {
  explicit Fleet(Nanoseconds interval = milliseconds(20)) : options{.interval = interval, .encode = {}} {}

  std::unique_ptr<Source> Make(const Hypervisor& hypervisor) {
    auto& one = seen[hypervisor.name];
    one = std::make_shared<Seen>();
    return std::make_unique<WatchedSource>(clock, hypervisor.name, hanging.count(hypervisor.name) > 0, one);
  }
  // Whether the hypervisor is sampled from now on.
  bool IsSampled(const std::string& name, int times = 2) {
    const int before = seen.at(name)->collects;
    return Eventually([&] { return seen.at(name)->collects >= before + times; });
  }

  // Until so many ticks have passed.
  void WaitFor(Nanoseconds time) {
    const SteadyTime until = clock.SteadyNow() + time;
    REQUIRE(Eventually([&] { return clock.SteadyNow() >= until; }));
  }

  SystemClock clock;
  CollectorOptions options;
  std::set<std::string> hanging;
  std::map<std::string, std::shared_ptr<Seen>> seen;
  Ledger ledger;
  LineQueue queue{64 << 20, ledger, [] {}};
  Collectors collectors{
      options, [this](const Hypervisor& hypervisor) { return Make(hypervisor); }, {queue, clock}, MakeNullLogger()};
};

}  // namespace vmtelem

#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "model/source.h"

namespace vmtelem {

// A hypervisor in memory: `domains` are what the next Collect() finds, `failure` is what it fails with instead. For one
// thread at a time, but for `collects` and `interrupted`.
class FakeSource final : public Source {
 public:
  explicit FakeSource(Clock& clock) : clock_(clock) {}

  [[nodiscard]] const std::string& host() const override { return name; }

  Result<void> Collect(Snapshot& snapshot) override {
    if (before_collect) before_collect();
    snapshot.host = name;
    snapshot.stamp = clock_.Now();
    snapshot.cycle = ++cycle_;
    snapshot.up = !failure;
    snapshot.overloaded = failure && failure->code == ErrorCode::kOverloaded;
    snapshot.polls = polls;
    snapshot.poll_errors = poll_errors;
    snapshot.lanes = lanes;
    snapshot.lanes_parked = lanes_parked;
    snapshot.poll_latency = poll_latency;
    snapshot.domains.clear();
    snapshot.problems = problems;
    ++collects;
    if (failure) return tl::make_unexpected(*failure);
    snapshot.domains = domains;
    for (DomainStats& domain : snapshot.domains) domain.stamp = snapshot.stamp;
    return {};
  }

  Result<std::vector<DomainInfo>> List(ListScope) override { return std::vector<DomainInfo>{}; }

  void Interrupt() noexcept override { interrupted = true; }

  std::size_t Close() noexcept override {
    if (on_close) on_close();
    ++closes;
    return unreturned_calls;
  }

  std::string name = "host1";
  std::vector<DomainStats> domains;
  std::vector<Error> problems;
  std::optional<Error> failure;
  std::uint64_t polls = 0, poll_errors = 0, lanes = 0, lanes_parked = 0;
  Nanoseconds poll_latency{};
  std::function<void()> before_collect;
  std::atomic<std::uint64_t> collects{0};
  std::atomic<bool> interrupted{false};
  std::function<void()> on_close;
  std::size_t unreturned_calls = 0;  // what Close() gives
  int closes = 0;

 private:
  Clock& clock_;
  std::uint64_t cycle_ = 0;
};

// A running VM with one NIC of which only the bytes are known.
inline DomainStats MakeDomain(std::string name, std::uint64_t rx_bytes) {
  DomainStats domain;
  domain.uuid = "uuid-of-" + name;
  domain.name = std::move(name);
  domain.state = 1;
  NicStats nic;
  nic.device = "vnet0";
  nic.counters[NicCounter::kRxBytes] = rx_bytes;
  domain.nics.push_back(std::move(nic));
  return domain;
}

// The same, while its monitor does not answer: what needs no monitor is known.
inline DomainStats MakeHungDomain(std::string name, double blocked_s) {
  DomainStats domain = MakeDomain(std::move(name), 1);
  domain.monitor_ok = false;
  domain.monitor_blocked_s = blocked_s;
  return domain;
}

}  // namespace vmtelem

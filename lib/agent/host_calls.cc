#include "agent/host_calls.h"

#include <system_error>
#include <thread>

#include "base/sleep.h"

namespace vmtelem {

HostCalls::HostCalls(const std::vector<Hypervisor>& hypervisors, const MakeSource& make_source, Clock& clock)
    : clock_(clock) {
  hosts_.reserve(hypervisors.size());
  for (const Hypervisor& hypervisor : hypervisors) {
    auto source = make_source(hypervisor);
    auto holder = tags_.Add(source->host(), hypervisor.nth);
    hosts_.push_back({std::move(source), std::move(holder)});
  }
}

HostCalls::~HostCalls() = default;

void HostCalls::Ask(const std::function<void(std::size_t index)>& ask) {
  const auto ask_one = [&](std::size_t index) {
    ask(index);
    hosts_[index].unreturned_calls = hosts_[index].source->Close();
  };
  {
    const SteadyTime begin = clock_.SteadyNow();
    std::vector<std::jthread> threads;  // joined when they are destroyed
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (hosts_.size() > kAtOnce) SleepUntil(clock_, begin + i * kStagger);
      try {
        threads.emplace_back(ask_one, i);
      } catch (const std::system_error&) {
        ask_one(i);  // no more threads: later rather than not at all
      }
    }
  }
  for (Host& host : hosts_) host.tag = host.holder.TagFor(host.source->host());
}

std::size_t HostCalls::unreturned_calls() const {
  std::size_t calls = 0;
  for (const Host& host : hosts_) calls += host.unreturned_calls;
  return calls;
}

}  // namespace vmtelem

#include "agent/host_calls.h"

#include <atomic>
#include <memory>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_source.h"

namespace vmtelem {
namespace {

// Hypervisors whose sources are at hand.
struct Hosts {
  explicit Hosts(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) hypervisors.push_back({.uri = fmt::format("fake:///{}", i)});
  }
  HostCalls Make() {
    return {hypervisors,
            [this](const Hypervisor&) {
              auto source = std::make_unique<FakeSource>(clock);
              source->name = fmt::format("host{}", sources.size());
              sources.push_back(source.get());
              return source;
            },
            clock};
  }

  FakeClock clock;
  std::vector<Hypervisor> hypervisors;
  std::vector<FakeSource*> sources{};
};

void AskNothing(std::size_t) {}

TEST_CASE("hypervisors are asked at the same time") {
  Hosts hosts(3);
  HostCalls calls = hosts.Make();
  std::atomic<int> begun{0};
  std::atomic<bool> together{true};
  calls.Ask([&](std::size_t) {
    ++begun;
    if (!Eventually([&] { return begun == 3; })) together = false;
  });
  CHECK(together);
}

TEST_CASE("each hypervisor is asked once, by its index") {
  Hosts hosts(20);
  HostCalls calls = hosts.Make();
  std::vector<std::atomic<int>> asked(20);
  calls.Ask([&](std::size_t i) { ++asked[i]; });
  for (const auto& times : asked) CHECK(times == 1);
}

TEST_CASE("a source is closed when its hypervisor has been asked, while others still are") {
  Hosts hosts(2);
  HostCalls calls = hosts.Make();
  std::atomic<bool> first_closed{false};
  bool was_closed = false;
  hosts.sources[0]->on_close = [&] { first_closed = true; };
  calls.Ask([&](std::size_t i) {
    if (i == 1) was_closed = Eventually([&] { return first_closed.load(); });
  });
  CHECK(was_closed);
}

TEST_CASE("calls that have not returned are counted over all hypervisors") {
  Hosts hosts(3);
  HostCalls calls = hosts.Make();
  hosts.sources[0]->unreturned_calls = 1;
  hosts.sources[2]->unreturned_calls = 2;
  calls.Ask(AskNothing);
  CHECK(calls.unreturned_calls() == 3);
}

TEST_CASE("many hypervisors are asked one shortly after the other, a few at once") {
  Hosts few(HostCalls::kAtOnce), many(HostCalls::kAtOnce + 1);
  const SteadyTime begin = few.clock.SteadyNow();
  few.Make().Ask(AskNothing);
  many.Make().Ask(AskNothing);
  CHECK(few.clock.SteadyNow() == begin);
  CHECK(many.clock.SteadyNow() == begin + HostCalls::kAtOnce * HostCalls::kStagger);
}

TEST_CASE("of two that report one name the second in the order given gets a number, whoever answers first") {
  Hosts hosts(3);
  HostCalls calls = hosts.Make();
  std::atomic<bool> second_answered{false};
  bool was_first = false;
  calls.Ask([&](std::size_t i) {
    if (i == 0) was_first = Eventually([&] { return second_answered.load(); });
    if (i < 2) hosts.sources[i]->name = "kvm";
    if (i == 1) second_answered = true;
  });
  CHECK(was_first);
  CHECK(calls.tag(0) == "kvm");
  CHECK(calls.tag(1) == "kvm#2");
  CHECK(calls.tag(2) == "host2");
}

TEST_CASE("without hypervisors nothing is asked") {
  Hosts hosts(0);
  HostCalls calls = hosts.Make();
  bool asked = false;
  calls.Ask([&](std::size_t) { asked = true; });
  CHECK_FALSE(asked);
}

}  // namespace
}  // namespace vmtelem

#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

#include "agent/agent.h"
#include "fakes/default_settings.h"
#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_source.h"
#include "fakes/instant_sink.h"
#include "fakes/null_logger.h"
#include "given_sources.h"
#include "spool/memory_spool.h"

// What an agent does with its source at the end, and what it reports of it.
namespace vmtelem {
namespace {

using namespace std::chrono_literals;

struct World {
  World() {
    options.collect.interval = 100ms;
    options.name = "agent1";
    delivery.batch_max_age = 50ms;
    source->domains = {MakeDomain("web", 1)};
  }

  // Returns when a cycle is over.
  std::unique_ptr<Agent> Start() {
    auto agent = std::make_unique<Agent>(
        options, Giving(std::move(source)),
        DeliveryTarget{std::make_unique<InstantSink>(received), std::make_unique<MemorySpool>(delivery)}, clock,
        MakeNullLogger());
    agent->Start(kOneHypervisor);
    REQUIRE(Eventually([&] { return agent->report().lines.sampled > 0; }));
    return agent;
  }

  SystemClock clock;
  DeliveryOptions delivery = DefaultDelivery();
  AgentOptions options{.collect = {}, .delivery = delivery};
  std::unique_ptr<FakeSource> source = std::make_unique<FakeSource>(clock);
  FakeSource& watched = *source;
  std::shared_ptr<Received> received = std::make_shared<Received>();
};

TEST_CASE_METHOD(World, "a stop reports how many calls of the source have not returned") {
  source->unreturned_calls = 3;
  const auto agent = Start();
  CHECK(agent->unreturned_calls() == 0);
  agent->Stop({10s});
  CHECK(agent->unreturned_calls() == 3);
}

TEST_CASE_METHOD(World, "what waits is delivered while the source is being closed, however long that takes") {
  delivery.batch_max_age = 1h;  // so that only the drain delivers
  bool delivered = false;
  source->on_close = [&] {
    delivered = Eventually([&] {
      const std::lock_guard guard(received->mutex);
      return received->lines > 0;
    });
  };
  const auto agent = Start();
  const AgentReport report = agent->Stop({10s});
  CHECK(delivered);
  CHECK(report.lines.written == report.lines.sampled);
}

TEST_CASE_METHOD(World, "the source is not closed while a call of it is in progress, which is interrupted") {
  std::atomic<bool> in_call{false}, closed{false};
  bool closed_in_call = false;
  source->before_collect = [&] {
    if (watched.collects == 0) return;
    in_call = true;
    Eventually([&] { return watched.interrupted.load(); });
    const auto until = clock.SteadyNow() + 200ms;  // a call takes its time to end
    while (!closed && clock.SteadyNow() < until) std::this_thread::yield();
    in_call = false;
  };
  source->on_close = [&] {
    closed_in_call = in_call;
    closed = true;
  };
  const auto agent = Start();
  REQUIRE(Eventually([&] { return in_call.load(); }));
  agent->Stop({10s});
  CHECK(closed);
  CHECK_FALSE(closed_in_call);
}

TEST_CASE_METHOD(World, "an agent that is stopped twice closes its source once") {
  const auto agent = Start();
  agent->Stop({10s});
  watched.interrupted = false;
  agent->Stop({10s});
  CHECK(watched.closes == 1);
  CHECK_FALSE(watched.interrupted);
}

TEST_CASE_METHOD(World, "an agent that is not stopped closes its source when it ends") {
  int closes = 0;
  source->on_close = [&] { ++closes; };
  Start().reset();
  CHECK(closes == 1);
}

}  // namespace
}  // namespace vmtelem

#include "agent/agent.h"

#include <catch2/catch.hpp>

#include "fakes/default_settings.h"
#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_source.h"
#include "fakes/fake_spool.h"
#include "fakes/instant_sink.h"
#include "fakes/null_logger.h"
#include "given_sources.h"
#include "spool/memory_spool.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

DeliveryOptions QuickDelivery() {
  DeliveryOptions options = DefaultDelivery();
  options.batch_max_age = 50ms;
  return options;
}

AgentOptions QuickOptions() {
  static const DeliveryOptions delivery = QuickDelivery();
  return {.collect = {.interval = 100ms, .encode = {}}, .delivery = delivery, .name = "agent1"};
}

std::unique_ptr<FakeSource> OneDomain(Clock& clock) {
  auto source = std::make_unique<FakeSource>(clock);
  source->domains = {MakeDomain("web", 1)};
  return source;
}

DeliveryTarget To(const std::shared_ptr<Received>& received) {
  return {std::make_unique<InstantSink>(received), std::make_unique<MemorySpool>(QuickOptions().delivery)};
}

std::shared_ptr<Received> DatabaseAway() {
  auto received = std::make_shared<Received>();
  received->accept = false;
  return received;
}

std::uint64_t Sum(const LineCounts& lines) {
  return lines.queued + lines.spooled + lines.in_flight + lines.written + lines.rejected + lines.dropped;
}

TEST_CASE("what is sampled until the stop is delivered before the stop returns") {
  SystemClock clock;
  const auto received = std::make_shared<Received>();
  Agent agent(QuickOptions(), Giving(OneDomain(clock)), To(received), clock, MakeNullLogger());
  agent.Start(kOneHypervisor);
  received->WaitForLines(9);
  const AgentReport report = agent.Stop({10s});
  CHECK(report.lines.sampled >= 9);
  CHECK(report.lines.written == report.lines.sampled);
  CHECK(received->lines == report.lines.sampled);
}

TEST_CASE("a database that stays away costs the drain time-out and its lines are counted as dropped") {
  SystemClock clock;
  const auto received = std::make_shared<Received>();
  received->accept = false;
  auto source = OneDomain(clock);
  const FakeSource& watched = *source;
  Agent agent(QuickOptions(), Giving(std::move(source)), To(received), clock, MakeNullLogger());
  agent.Start(kOneHypervisor);
  REQUIRE(Eventually([&] { return watched.collects >= 2; }));
  const AgentReport report = agent.Stop({200ms});
  CHECK(report.lines.sampled > 0);
  CHECK(report.lines.dropped == report.lines.sampled);
}

TEST_CASE("an agent knows for Prometheus how its hypervisors, its lines and its requests are") {
  SystemClock clock;
  const auto received = std::make_shared<Received>();
  Agent agent(QuickOptions(), Giving(OneDomain(clock)), To(received), clock, MakeNullLogger());
  agent.Start(kOneHypervisor);
  received->WaitForLines(9);
  REQUIRE(Eventually([&] { return !agent.metrics().write_answers.by_status().empty(); }));
  const AgentMetrics metrics = agent.metrics();
  REQUIRE(metrics.hosts.size() == 1);
  CHECK(metrics.hosts[0].last_collection.host == "host1");
  CHECK(metrics.hosts[0].up == true);
  CHECK(metrics.report.lines.sampled >= 9);
  CHECK(metrics.write_answers.by_status()[0].status == 204);
  CHECK_FALSE(metrics.spool_s_left);  // in memory there is no time that would be left
}

TEST_CASE("the accounts are balanced at any moment") {
  SystemClock clock;
  const auto received = std::make_shared<Received>();
  Agent agent(QuickOptions(), Giving(OneDomain(clock)), To(received), clock, MakeNullLogger());
  agent.Start(kOneHypervisor);
  for (std::size_t lines = 1; lines < 20; ++lines) {
    received->WaitForLines(lines);
    const AgentReport report = agent.report();
    CHECK(report.lines.sampled + report.lines.recovered == Sum(report.lines));
  }
}

TEST_CASE("an agent that is stopped twice or never started ends well") {
  SystemClock clock;
  Agent agent(QuickOptions(), Giving(OneDomain(clock)), To(std::make_shared<Received>()), clock, MakeNullLogger());
  agent.Stop({10s});
  CHECK(agent.Stop({10s}).lines.sampled == 0);
}

TEST_CASE("the status line says what is wrong") {
  SystemClock clock;
  const auto received = DatabaseAway();
  Agent agent(QuickOptions(), Giving(OneDomain(clock)), To(received), clock, MakeNullLogger());
  agent.Start(kOneHypervisor);
  CHECK(Eventually([&] { return agent.StatusLine().find("the database is away") != std::string::npos; }));
}

TEST_CASE("the status line says that the hypervisor does not answer although every line is delivered") {
  SystemClock clock;
  auto source = OneDomain(clock);
  source->failure = Error{ErrorCode::kUnreachable, "no hypervisor", ""};
  const auto received = std::make_shared<Received>();
  Agent agent(QuickOptions(), Giving(std::move(source)), To(received), clock, MakeNullLogger());
  agent.Start(kOneHypervisor);
  received->WaitForLines(1);
  CHECK_THAT(agent.StatusLine(), Catch::Contains("no hypervisor") && !Catch::Contains("all is well"));
}

TEST_CASE("the status line says how many VMs do not answer") {
  SystemClock clock;
  auto source = OneDomain(clock);
  source->domains = {MakeHungDomain("web", 1), MakeDomain("db", 1)};
  std::string expected = "1 VM does not answer";
  const bool two = GENERATE(false, true);
  if (two) {
    source->domains.push_back(MakeHungDomain("mail", 1));
    expected = "2 VMs do not answer";
  }
  const auto received = std::make_shared<Received>();
  Agent agent(QuickOptions(), Giving(std::move(source)), To(received), clock, MakeNullLogger());
  agent.Start(kOneHypervisor);
  received->WaitForLines(1);
  CHECK_THAT(agent.StatusLine(), Catch::Contains(expected) && !Catch::Contains("all is well"));
}

TEST_CASE("what the spool holds is reported, and in the status line") {
  SystemClock clock;
  const auto received = DatabaseAway();
  auto spool = std::make_unique<FakeSpool>();
  spool->Leave(std::make_shared<const Batch>(Lines{"a v=1 1\nb v=1 1\n", 2, 1, 1}));
  Agent agent(QuickOptions(), Giving(OneDomain(clock)), {std::make_unique<InstantSink>(received), std::move(spool)},
              clock, MakeNullLogger());
  agent.Start(kOneHypervisor);
  REQUIRE(Eventually([&] { return agent.report().spool_batches >= 3; }));
  const AgentReport report = agent.report();
  CHECK(report.lines.recovered == 2);
  CHECK(report.lines.spooled > 2);
  CHECK(report.spool_bytes > 16);
  CHECK_THAT(agent.StatusLine(), Catch::Contains(" 2 recovered, ") && Catch::Contains(" in the spool ("));
  CHECK(agent.Stop({}).lines.dropped == 0);
}

TEST_CASE("what only memory holds is counted as waiting in memory, not in the spool") {
  SystemClock clock;
  const auto received = DatabaseAway();
  Agent agent(QuickOptions(), Giving(OneDomain(clock)), To(received), clock, MakeNullLogger());
  agent.Start(kOneHypervisor);
  REQUIRE(Eventually([&] { return agent.report().writes > 0; }));
  const AgentReport report = agent.report();
  CHECK(report.queue_bytes > 0);
  CHECK(report.spool_bytes == 0);
  CHECK(report.spool_batches == 0);
}

TEST_CASE("a stop interrupts a call to the hypervisor that is in progress") {
  SystemClock clock;
  auto source = OneDomain(clock);
  FakeSource& hung = *source;
  hung.before_collect = [&] { Eventually([&] { return hung.interrupted.load(); }); };
  Agent agent(QuickOptions(), Giving(std::move(source)), To(std::make_shared<Received>()), clock, MakeNullLogger());
  agent.Start(kOneHypervisor);
  agent.Stop({10s});
  CHECK(hung.interrupted);
}

}  // namespace
}  // namespace vmtelem

#include "agent/agent_reporter.h"

#include <catch2/catch.hpp>

#include "fakes/fake_clock.h"
#include "fakes/null_logger.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

struct ReporterFixture {
  AgentReporter Make(std::string agent) {
    return AgentReporter(
        {std::move(agent), 10s}, {queue, clock}, [this] { return report; }, MakeNullLogger());
  }

  FakeClock clock;
  Ledger ledger;
  LineQueue queue{1 << 20, ledger, [] {}};
  AgentReport report;
};

TEST_CASE_METHOD(ReporterFixture, "the line of the process names it and has its figures") {
  report.lines.sampled = 42;
  Make("agent1").WriteLine();
  CHECK_THAT(queue.TakeAll().bytes, Contains("vmtelem_agent,agent=agent1 lines_sampled=42i"));
  CHECK(ledger.counts().sampled == 1);
}

TEST_CASE_METHOD(ReporterFixture, "a process without a name writes no line of itself") {
  Make("").WriteLine();
  CHECK(queue.TakeAll().empty());
}

TEST_CASE_METHOD(ReporterFixture, "a line is written at each multiple of the interval until the stop") {
  std::vector<std::int64_t> written_at;
  AgentReporter* reporter = nullptr;
  AgentReporter each(
      {"a", 10s}, {queue, clock},
      [&] {
        written_at.push_back(clock.WallNowNs() % 10'000'000'000);
        if (written_at.size() == 3) reporter->Stop();
        return report;
      },
      MakeNullLogger());
  reporter = &each;
  each.Run();
  CHECK(written_at == std::vector<std::int64_t>{0, 0, 0});
  CHECK(queue.TakeAll().count == 3);
}

}  // namespace
}  // namespace vmtelem

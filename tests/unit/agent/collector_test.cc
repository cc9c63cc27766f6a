#include "agent/collector.h"

#include <sstream>

#include <catch2/catch.hpp>
#include <spdlog/sinks/ostream_sink.h>

#include "fakes/fake_clock.h"
#include "fakes/fake_source.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

struct Fixture {
  std::string Cycle() {
    collector.RunOnce();
    clock.Advance(1s);
    Lines lines;
    queue.TakeAll(lines);
    return lines.bytes;
  }

  FakeClock clock;
  FakeSource source{clock};
  Ledger ledger;
  LineQueue queue{1 << 20, ledger, [] {}};
  std::ostringstream told;
  LoggerPtr log =
      MakeLogger(std::make_shared<spdlog::sinks::ostream_sink_mt>(told), LogFormat::kJournald, LogLevel::kInfo);
  Collector collector{{1s, {}, "agent1"},
                      {source, queue, clock},
                      [this] {
                        AgentReport report;
                        report.lines = ledger.counts();
                        return report;
                      },
                      log};
};

TEST_CASE_METHOD(Fixture, "a cycle writes the lines of the VMs, of the hypervisor and of the agent") {
  source.domains = {MakeDomain("web", 100)};
  const std::string lines = Cycle();
  CHECK_THAT(lines, Contains("vm_totals,host=host1,vm=web,"));
  CHECK_THAT(lines, Contains("\nvmtelem,host=host1 up=t,vms=1i"));
  CHECK_THAT(lines, Contains("\nvmtelem_agent,agent=agent1 "));
}

TEST_CASE_METHOD(Fixture, "rates come from the second cycle on") {
  source.domains = {MakeDomain("web", 100)};
  CHECK_THAT(Cycle(), !Contains("rx_bytes_rate"));
  source.domains = {MakeDomain("web", 350)};
  CHECK_THAT(Cycle(), Contains("rx_bytes_rate=250"));
}

TEST_CASE_METHOD(Fixture, "a hypervisor that does not answer is written as down, with no line of a VM") {
  source.domains = {MakeDomain("web", 100)};
  source.failure = Error{ErrorCode::kUnreachable, "no hypervisor", ""};
  const std::string lines = Cycle();
  CHECK_THAT(lines, Contains("vmtelem,host=host1 up=f"));
  CHECK_THAT(lines, !Contains("vm_"));
}

TEST_CASE_METHOD(Fixture, "a hypervisor that is away for many cycles is told once, and once that it is back") {
  source.failure = Error{ErrorCode::kUnreachable, "no hypervisor", "is libvirtd running?"};
  for (int i = 0; i < 5; ++i) Cycle();
  source.failure.reset();
  for (int i = 0; i < 5; ++i) Cycle();
  CHECK(told.str() == "<4>no hypervisor; is libvirtd running?\n<6>host1 answers again: 0 VMs\n");
}

TEST_CASE_METHOD(Fixture, "a VM that gives only part of its data is told once while it lasts") {
  source.problems = {Error{ErrorCode::kTimeout, "VM 'web': block statistics are missing", ""}};
  for (int i = 0; i < 5; ++i) Cycle();
  source.problems.clear();
  for (int i = 0; i < 5; ++i) Cycle();
  CHECK_THAT(told.str(), Catch::Matches("<4>host1: .*VM 'web'.*\n<6>host1: .*\n"));
}

TEST_CASE_METHOD(Fixture, "a VM that gives only part of its data for two cycles, as one that is starting, is no news") {
  source.problems = {Error{ErrorCode::kTimeout, "VM 'web': block statistics are missing", ""}};
  Cycle();
  Cycle();
  source.problems.clear();
  Cycle();
  CHECK(told.str().empty());
}

TEST_CASE_METHOD(Fixture, "an interrupted call says nothing of the hypervisor") {
  source.failure = Error{ErrorCode::kClosed, "interrupted", ""};
  CHECK(Cycle().empty());
  CHECK(told.str().empty());
}

TEST_CASE_METHOD(Fixture, "every line that is written is counted as sampled") {
  source.domains = {MakeDomain("web", 100), MakeDomain("db", 5)};
  collector.RunOnce();
  Lines lines;
  queue.TakeAll(lines);
  CHECK(ledger.counts().sampled == lines.count);
  CHECK(ledger.counts().queued == lines.count);
}

TEST_CASE_METHOD(Fixture, "a cycle that outlasts its interval is counted as late and is not made up for") {
  source.before_collect = [this] {
    if (source.collects == 1) clock.Advance(2500ms);
    if (source.collects == 3) collector.Stop();
  };
  collector.Run();
  CHECK(source.collects == 4);
  Lines lines;
  queue.TakeAll(lines);
  CHECK_THAT(lines.bytes, Contains("polls_late=1i"));
  CHECK_THAT(lines.bytes, !Contains("polls_late=2i"));
}

}  // namespace
}  // namespace vmtelem

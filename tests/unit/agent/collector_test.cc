#include "agent/collector.h"

#include <catch2/catch.hpp>

#include "collector_fixture.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE_METHOD(CollectorFixture, "a cycle writes the lines of the VMs and of the hypervisor") {
  source.domains = {MakeDomain("web", 100)};
  const std::string lines = Cycle();
  CHECK_THAT(lines, Contains("vm_totals,host=host1,vm=web,"));
  CHECK_THAT(lines, Contains("\nvmtelem,host=host1 up=t,vms=1i"));
}

TEST_CASE_METHOD(CollectorFixture, "rates come from the second cycle on") {
  source.domains = {MakeDomain("web", 100)};
  CHECK_THAT(Cycle(), !Contains("rx_bytes_rate"));
  source.domains = {MakeDomain("web", 350)};
  CHECK_THAT(Cycle(), Contains("rx_bytes_rate=250"));
}

TEST_CASE_METHOD(CollectorFixture, "a hypervisor that does not answer is written as down, with no line of a VM") {
  source.domains = {MakeDomain("web", 100)};
  source.failure = Error{ErrorCode::kUnreachable, "no hypervisor", ""};
  const std::string lines = Cycle();
  CHECK_THAT(lines, Contains("vmtelem,host=host1 up=f"));
  CHECK_THAT(lines, !Contains("vm_"));
}

TEST_CASE_METHOD(CollectorFixture,
                 "a hypervisor that is away for many cycles is logged once, and once when it is back") {
  Answered();
  source.failure = Error{ErrorCode::kUnreachable, "no hypervisor", "is libvirtd running?"};
  for (int i = 0; i < 5; ++i) Cycle();
  source.failure.reset();
  for (int i = 0; i < 5; ++i) Cycle();
  CHECK(logged.str() == "<4>no hypervisor; is libvirtd running?\n<6>host1 answers again: 0 VMs\n");
}

TEST_CASE_METHOD(CollectorFixture, "a hypervisor that answers for the first time is logged with its name, once") {
  const bool failed_first = GENERATE(false, true);
  if (failed_first) source.failure = Error{ErrorCode::kUnreachable, "no hypervisor", ""};
  Cycle();
  source.failure.reset();
  for (int i = 0; i < 3; ++i) Cycle();
  const std::string before = failed_first ? "<4>no hypervisor\n" : "";
  CHECK(logged.str() == before + "<6>connected to fake:///one as host 'host1': 0 VMs\n");
}

TEST_CASE_METHOD(CollectorFixture, "a VM that gives only part of its data is logged once while it lasts") {
  Answered();
  source.problems = {Error{ErrorCode::kTimeout, "VM 'web': block statistics are missing", ""}};
  for (int i = 0; i < 5; ++i) Cycle();
  source.problems.clear();
  for (int i = 0; i < 5; ++i) Cycle();
  CHECK_THAT(logged.str(), Catch::Matches("<4>host1: .*VM 'web'.*\n<6>host1: .*\n"));
}

TEST_CASE_METHOD(CollectorFixture,
                 "a VM that gives only part of its data for two cycles, as one that is starting, is no news") {
  Answered();
  source.problems = {Error{ErrorCode::kTimeout, "VM 'web': block statistics are missing", ""}};
  Cycle();
  Cycle();
  source.problems.clear();
  Cycle();
  CHECK(logged.str().empty());
}

TEST_CASE_METHOD(CollectorFixture, "while it is paused nothing is collected and nothing is shown") {
  Cycle();
  REQUIRE(collector.latest() != nullptr);
  collector.Pause();
  CHECK(collector.latest() == nullptr);
  CHECK(Cycle().empty());
  CHECK(collector.stats().cycles == 1);
  CHECK(collector.latest() == nullptr);
  CHECK_FALSE(collector.stats().up);
}

TEST_CASE_METHOD(CollectorFixture, "a cycle that a pause meets is delivered, and not shown") {
  source.domains = {MakeDomain("web", 100)};
  source.before_collect = [this] { collector.Pause(); };
  CHECK_THAT(Cycle(), Contains("vm_totals,host=host1,vm=web,"));
  CHECK(collector.latest() == nullptr);
  CHECK_FALSE(collector.stats().up);
}

TEST_CASE_METHOD(CollectorFixture, "rates begin anew after a pause, even if no tick was left out") {
  source.domains = {MakeDomain("web", 100)};
  Cycle();
  collector.Pause();
  collector.Resume();
  source.domains = {MakeDomain("web", 350)};
  CHECK_THAT(Cycle(), !Contains("rx_bytes_rate"));
  source.domains = {MakeDomain("web", 600)};
  CHECK_THAT(Cycle(), Contains("rx_bytes_rate=250"));
}

TEST_CASE_METHOD(CollectorFixture, "what is shown is the last cycle, also of a hypervisor that does not answer") {
  source.domains = {MakeDomain("web", 100)};
  Cycle();
  const auto shown = collector.latest();
  REQUIRE(shown->snapshot.domains.size() == 1);
  CHECK(shown->snapshot.host == "host1");
  source.failure = Error{ErrorCode::kUnreachable, "no hypervisor", ""};
  Cycle();
  CHECK(shown->snapshot.domains.size() == 1);  // a reader keeps what it has
  CHECK_FALSE(collector.latest()->snapshot.up);
  CHECK(collector.latest()->snapshot.domains.empty());
}

TEST_CASE_METHOD(CollectorFixture, "an interrupted call says nothing of the hypervisor") {
  source.failure = Error{ErrorCode::kClosed, "interrupted", ""};
  CHECK(Cycle().empty());
  CHECK(logged.str().empty());
}

TEST_CASE_METHOD(CollectorFixture, "every line that is written is counted as sampled") {
  source.domains = {MakeDomain("web", 100), MakeDomain("db", 5)};
  collector.RunOnce();
  const Lines lines = queue.TakeAll();
  CHECK(ledger.counts().sampled == lines.count);
  CHECK(ledger.counts().queued == lines.count);
}

TEST_CASE_METHOD(CollectorFixture, "a VM that does not answer is logged once, and once when it answers again") {
  Answered();
  source.domains = {MakeHungDomain("web", 3.5)};
  for (int i = 0; i < 5; ++i) Cycle();
  source.domains[0].monitor_ok = true;
  for (int i = 0; i < 5; ++i) Cycle();
  CHECK(
      logged.str() ==
      "<4>VM 'web' does not answer: its monitor has been blocked for 3.5 s; only what needs no monitor is known of it\n"
      "<6>VM 'web' answers again after 8.5 s\n");
}

TEST_CASE_METHOD(CollectorFixture, "a name with a line end breaks no line of the log") {
  source.domains = {MakeHungDomain("we\nb", 3.5)};
  Cycle();
  CHECK_THAT(logged.str(), Contains("VM 'we\\u000ab' does not answer"));
}

TEST_CASE_METHOD(CollectorFixture, "a VM that does not answer is counted while it does not") {
  source.domains = {MakeHungDomain("web", 1), MakeDomain("db", 1)};
  const std::string lines = Cycle();
  CHECK_THAT(lines, Contains("vms=2i,vms_monitor_blocked=1i"));
  CHECK(collector.stats().hung_vms == 1);
  source.domains[0].monitor_ok = true;
  Cycle();
  CHECK(collector.stats().hung_vms == 0);
}

TEST_CASE_METHOD(CollectorFixture, "the first answer is handed on once, and a failure is none") {
  source.domains = {MakeDomain("web", 1), MakeDomain("db", 1)};
  source.failure = Error{ErrorCode::kUnreachable, "no hypervisor", ""};
  Cycle();
  CHECK(first_answers.empty());
  source.failure.reset();
  Cycle();
  Cycle();
  CHECK(first_answers == std::vector<std::size_t>{2});
}

}  // namespace
}  // namespace vmtelem

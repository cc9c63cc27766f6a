#include "agent/hung_vm_log.h"

#include <catch2/catch.hpp>

#include "fakes/fake_source.h"

namespace vmtelem {
namespace {

using Lines = std::vector<std::string>;

// Hands the watch one snapshot per second.
class Cycles {
 public:
  HungVmLog::News Next(std::vector<DomainStats> domains, bool up = true) {
    Snapshot snapshot;
    snapshot.up = up;
    snapshot.stamp.steady = SteadyTime(std::chrono::seconds(1000 + ++cycle_));
    snapshot.domains = std::move(domains);
    return watch_.Watch(snapshot);
  }

 private:
  HungVmLog watch_;
  int cycle_ = 0;
};

DomainStats Answering(std::string name) {
  DomainStats domain = MakeDomain(std::move(name), 1);
  domain.monitor_ok = true;
  return domain;
}

std::vector<DomainStats> Many(int count, DomainStats (*make)(std::string)) {
  std::vector<DomainStats> domains;
  for (int i = 0; i < count; ++i) domains.push_back(make("vm" + std::to_string(10 + i)));
  return domains;
}
std::vector<DomainStats> ManyHung(int count) {
  return Many(count, [](std::string name) { return MakeHungDomain(std::move(name), 3); });
}

TEST_CASE("a hung VM is described by what blocks, for how long, and what is known of it") {
  CHECK(DescribeHungVm(MakeHungDomain("web", 1.234)) ==
        "VM 'web' does not answer: its monitor has been blocked for 1.2 s; only what needs no monitor is known of it");
}

TEST_CASE("of a VM that is set aside no more is said than that a call to it blocks") {
  DomainStats domain;
  domain.name = "web";
  domain.monitor_ok = false;
  domain.monitor_blocked_s = 12;
  CHECK(DescribeHungVm(domain) ==
        "VM 'web' does not answer: a call to it has been blocked for 12.0 s; nothing else is known of it");
}

TEST_CASE("no time is given for a VM that has been blocked for an unknown time") {
  DomainStats domain = MakeHungDomain("web", 0);
  domain.monitor_blocked_s.reset();
  CHECK(DescribeHungVm(domain) == "VM 'web' does not answer; only what needs no monitor is known of it");
}

TEST_CASE("VMs that answer, and VMs of whose monitor nothing is known, are no news") {
  Cycles cycles;
  const auto news = cycles.Next({Answering("web"), MakeDomain("db", 1)});
  CHECK(news.begun.empty());
  CHECK(news.ended.empty());
}

TEST_CASE("a VM that has not answered for long is logged in the first cycle and not again while it lasts") {
  Cycles cycles;
  const DomainStats hung = MakeHungDomain("web", 3);
  CHECK(cycles.Next({Answering("db"), hung}).begun == Lines{DescribeHungVm(hung)});
  for (const double blocked_s : {4.0, 5.0, 6.0}) {
    const auto news = cycles.Next({MakeHungDomain("web", blocked_s), Answering("db")});
    CHECK(news.begun.empty());
    CHECK(news.ended.empty());
  }
}

TEST_CASE("a VM that does not answer for less than two seconds is no news") {
  Cycles cycles;
  CHECK(cycles.Next({MakeHungDomain("web", 1.9)}).begun.empty());
  CHECK(cycles.Next({Answering("web")}).ended.empty());
}

TEST_CASE("a VM is logged when it has not answered for two seconds") {
  Cycles cycles;
  CHECK(cycles.Next({MakeHungDomain("web", 1)}).begun.empty());
  CHECK(cycles.Next({MakeHungDomain("web", 2)}).begun.size() == 1);
  CHECK(cycles.Next({Answering("web")}).ended.size() == 1);
}

TEST_CASE("a VM that answers again is logged once, with the time for which it did not") {
  Cycles cycles;
  cycles.Next({MakeHungDomain("web", 3.5)});
  cycles.Next({MakeHungDomain("web", 4.5)});
  const auto news = cycles.Next({Answering("web")});
  CHECK(news.ended == Lines{"VM 'web' answers again after 5.5 s"});
  CHECK(news.begun.empty());
  CHECK(cycles.Next({Answering("web")}).ended.empty());
}

TEST_CASE("a VM that blocks a cycle has been blocked from the beginning of that cycle on") {
  HungVmLog watch;
  Snapshot snapshot;
  snapshot.up = true;
  snapshot.stamp.steady = SteadyTime(std::chrono::seconds(1000));
  snapshot.poll_latency = std::chrono::milliseconds(600);
  snapshot.domains = {MakeHungDomain("web", 2.5)};
  watch.Watch(snapshot);
  snapshot.stamp.steady += std::chrono::seconds(1);
  snapshot.poll_latency = std::chrono::milliseconds(10);
  snapshot.domains = {Answering("web")};
  CHECK(watch.Watch(snapshot).ended == Lines{"VM 'web' answers again after 2.9 s"});
}

TEST_CASE("a VM that vanishes while it does not answer is logged as gone") {
  Cycles cycles;
  cycles.Next({MakeHungDomain("web", 3), Answering("db")});
  CHECK(cycles.Next({Answering("db")}).ended == Lines{"VM 'web', which did not answer for 4.0 s, is gone"});
  CHECK(cycles.Next({Answering("db")}).ended.empty());
}

TEST_CASE("a VM that vanishes while it answers is no news") {
  Cycles cycles;
  cycles.Next({Answering("web")});
  CHECK(cycles.Next({}).ended.empty());
}

TEST_CASE("a hypervisor that does not answer ends nothing") {
  Cycles cycles;
  cycles.Next({MakeHungDomain("web", 3)});
  CHECK(cycles.Next({}, false).ended.empty());
  CHECK(cycles.Next({MakeHungDomain("web", 5)}).begun.empty());
  CHECK(cycles.Next({Answering("web")}).ended == Lines{"VM 'web' answers again after 6.0 s"});
}

TEST_CASE("a monitor of which nothing is known, as while another client holds it, ends nothing") {
  Cycles cycles;
  cycles.Next({MakeHungDomain("web", 3)});
  CHECK(cycles.Next({MakeDomain("web", 1)}).ended.empty());
  CHECK(cycles.Next({MakeHungDomain("web", 5)}).begun.empty());
}

TEST_CASE("a VM that hangs again is logged again") {
  Cycles cycles;
  cycles.Next({MakeHungDomain("web", 3)});
  cycles.Next({Answering("web")});
  const auto news = cycles.Next({MakeHungDomain("web", 2.5)});
  CHECK(news.begun.size() == 1);
  CHECK(cycles.Next({Answering("web")}).ended == Lines{"VM 'web' answers again after 3.5 s"});
}

TEST_CASE("VMs are distinguished by UUID, and a VM that was renamed is the same") {
  Cycles cycles;
  DomainStats twin = MakeHungDomain("web", 3);
  twin.uuid = "other";
  CHECK(cycles.Next({MakeHungDomain("web", 3), twin}).begun.size() == 2);
  twin.name = "renamed";
  CHECK(cycles.Next({MakeHungDomain("web", 4), twin}).begun.empty());
}

TEST_CASE("up to ten VMs at once have a line each") {
  Cycles cycles;
  CHECK(cycles.Next(ManyHung(10)).begun.size() == 10);
  CHECK(cycles.Next(Many(10, Answering)).ended.size() == 10);
}

TEST_CASE("more VMs at once are counted in one line that names the first") {
  Cycles cycles;
  CHECK(cycles.Next(ManyHung(11)).begun == Lines{"11 VMs do not answer: 'vm10', 'vm11', 'vm12' and 8 more"});
  CHECK(cycles.Next(Many(11, Answering)).ended == Lines{"11 VMs answer again: 'vm10', 'vm11', 'vm12' and 8 more"});
  cycles.Next(ManyHung(12));
  CHECK(cycles.Next({}).ended == Lines{"12 VMs that did not answer are gone: 'vm10', 'vm11', 'vm12' and 9 more"});
}

}  // namespace
}  // namespace vmtelem

#include "daemon_fixture.h"
#include "libvirt/shards.h"

// QEMUs that do not answer.
namespace vmtelem {
namespace {

using std::chrono::milliseconds;
using Vms = std::vector<int>;

TEST_CASE_METHOD(DaemonFixture, "healthy VMs are read in one call for each shard and nothing else") {
  Start();
  const int bulk = daemon.calls(Function::kBulk);
  const int control = daemon.calls(Function::kControlInfo);
  REQUIRE(CollectedInFull());
  CHECK(daemon.calls(Function::kBulk) == bulk + kShards);
  CHECK(daemon.calls(Function::kControlInfo) == control);
  CHECK(snapshot.lanes == kShards);
  CHECK(snapshot.lanes_parked == 0);
  CHECK(snapshot.problems.empty());
}

TEST_CASE_METHOD(DaemonFixture, "a VM that hangs costs no other VM a sample, not even in the cycle when it begins") {
  const int hung = GENERATE(0, 2, 3, 5, 11);
  CAPTURE(hung);
  Start();
  daemon.Hang(hung);
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 1);
  CHECK(VmsThat(IsPartial) == Vms{hung});
  CHECK(snapshot.problems.empty());
  CHECK(snapshot.domains.size() == kVms);
  CHECK(snapshot.lanes_parked == 1);
  CHECK(snapshot.lanes == kShards);
  CHECK(CountHungVms(snapshot) == 1);
}

TEST_CASE_METHOD(DaemonFixture, "for how long a VM has hung is reported, and grows") {
  Start();
  daemon.Hang(4);
  REQUIRE(Collect().has_value());
  const double first = Vm(4).monitor_blocked_s.value_or(-1);
  CHECK(first >= 0.2);
  CHECK(first < 20);
  CHECK(Eventually([&] { return Collect().has_value() && Vm(4).monitor_blocked_s.value_or(-1) > first; }));
}

TEST_CASE_METHOD(DaemonFixture, "a VM that goes on hanging costs the cycles nothing and blocks no further call") {
  Start();
  daemon.Hang(4);
  REQUIRE(Collect().has_value());
  const int bulk = daemon.calls(Function::kBulk);
  CHECK(QuickestOf(5) < milliseconds(100));
  CHECK(daemon.calls(Function::kBulk) == bulk + 5 * (kShards + 1));  // it is asked for alone
  CHECK(daemon.most_blocked() == 1);
  CHECK(CountFull() == kVms - 1);
  CHECK(IsPartial(Vm(4)));
  CHECK(snapshot.lanes_parked == 1);
}

TEST_CASE_METHOD(DaemonFixture, "a VM that answers again is complete within two cycles, and nothing is left behind") {
  Start();
  daemon.Hang(4);
  REQUIRE(Collect().has_value());
  const auto incarnation = Vm(4).incarnation;
  daemon.Resume(4);
  REQUIRE(daemon.AwaitBlocked(0));
  REQUIRE(Collect().has_value());
  CHECK(CollectedInFull());
  CHECK(Vm(4).incarnation == incarnation);
  CHECK(Eventually([this] { return Collect().has_value() && snapshot.lanes_parked == 0; }));
  CHECK(source->Close() == 0);
}

TEST_CASE_METHOD(DaemonFixture, "VMs that hang at the same time cost the others nothing, wherever they are") {
  const Vms hung =
      GENERATE(Vms{0, 4, 8}, Vms{1, 6, 7}, Vms{4, 5}, Vms{0, 1, 2, 3}, Vms{0, 1, 4, 5, 8, 9}, Vms{3, 4, 7, 8, 10, 11});
  CAPTURE(hung);
  Start();
  Hang(hung);
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - static_cast<int>(hung.size()));
  CHECK(VmsThat(IsPartial) == hung);
  CHECK(snapshot.lanes_parked == hung.size());
  CHECK(daemon.most_blocked() == static_cast<int>(hung.size()));
  CHECK(QuickestOf(3) < milliseconds(100));
  CHECK(daemon.most_blocked() == static_cast<int>(hung.size()));
  daemon.EndFaults();
  REQUIRE(daemon.AwaitBlocked(0));
  static_cast<void>(Collect());
  CHECK(CollectedInFull());
}

TEST_CASE_METHOD(DaemonFixture, "where one VM was found to hang, a second is found sooner") {
  Start();
  Nanoseconds quickest = Nanoseconds::max();
  for (int i = 0; i < 3; ++i) {
    Hang({4, 5});
    REQUIRE(Collect().has_value());
    CHECK(VmsThat(IsPartial) == Vms{4, 5});
    quickest = std::min(quickest, took());
    daemon.EndFaults();
    CHECK(Eventually([this] { return CollectedInFull() && snapshot.lanes_parked == 0; }));
  }
  CHECK(quickest < 2 * ShardPace::kShortest);
}

TEST_CASE_METHOD(DaemonFixture, "a VM that hangs while another does is found too") {
  Start();
  daemon.Hang(4);
  REQUIRE(Collect().has_value());
  daemon.Hang(5);
  REQUIRE(Collect().has_value());
  CHECK(VmsThat(IsPartial) == Vms{4, 5});
  CHECK(CountFull() == kVms - 2);
  CHECK(daemon.blocked() == 2);
}

TEST_CASE_METHOD(DaemonFixture, "a VM that hangs again after it had answered is found again") {
  Start();
  for (int i = 0; i < 3; ++i) {
    daemon.Hang(4);
    REQUIRE(Collect().has_value());
    CHECK(VmsThat(IsPartial) == Vms{4});
    CHECK(CountFull() == kVms - 1);
    daemon.Resume(4);
    REQUIRE(daemon.AwaitBlocked(0));
    static_cast<void>(Collect());
    CHECK(CollectedInFull());
  }
  CHECK(daemon.most_blocked() == 1);
}

TEST_CASE_METHOD(DaemonFixture, "a VM that hangs before the first call costs no other VM that call") {
  daemon.Hang(4);
  Make();
  REQUIRE(Collect().has_value());
  CHECK(VmsThat(IsPartial) == Vms{4});
  CHECK(CountFull() == kVms - 1);
}

TEST_CASE_METHOD(DaemonFixture,
                 "a VM whose job another client holds for a long time is reported like a VM that hangs") {
  Start();
  auto other = MakeLibvirtSource({.uri = daemon.uri()}, options, clock, MakeNullLogger());
  Snapshot theirs;
  daemon.Hang(4);
  REQUIRE(other->Collect(theirs).has_value());
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 1);
  CHECK(daemon.blocked() == 1);
  CHECK(Eventually([this] { return Collect().has_value() && IsPartial(Vm(4)); }));
  CHECK(snapshot.lanes_parked == 0);
  daemon.Resume(4);
}

}  // namespace
}  // namespace vmtelem

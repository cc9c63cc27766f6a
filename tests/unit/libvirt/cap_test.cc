#include "daemon_fixture.h"

// More faults than calls may be lost on.
namespace vmtelem {
namespace {

using Vms = std::vector<int>;

struct CapFixture : DaemonFixture {
  void Cap(std::size_t lanes, std::size_t parked_max) {
    options.lanes = lanes;
    options.lanes_parked_max = parked_max;
  }
  [[nodiscard]] int cap() const { return static_cast<int>(options.lanes + options.lanes_parked_max); }
  [[nodiscard]] int CountWithStateAndNetwork() const { return static_cast<int>(VmsThat(HasStateAndNetwork).size()); }
};

TEST_CASE_METHOD(CapFixture, "at the cap every VM still has its state and network in every cycle") {
  const auto [lanes, parked] = GENERATE(std::pair(1, 1), std::pair(1, 2), std::pair(2, 1), std::pair(2, 2));
  CAPTURE(lanes, parked);
  Cap(static_cast<std::size_t>(lanes), static_cast<std::size_t>(parked));
  Start();
  Hang({0, 2, 5, 7, 9, 11});
  for (int i = 0; i < 4; ++i) {
    REQUIRE(Collect().has_value());
    CHECK(CountWithStateAndNetwork() == kVms);
    CHECK(snapshot.domains.size() == kVms);
  }
  CHECK(daemon.most_blocked() == cap());
  CHECK(snapshot.lanes_parked == options.lanes_parked_max);
  CHECK(snapshot.lanes == 0);
}

TEST_CASE_METHOD(CapFixture,
                 "at the cap what a VM gives without its monitor is told, and nothing is told of its monitor") {
  Cap(1, 1);
  Start();
  Hang({0, 11});
  REQUIRE(Collect().has_value());
  REQUIRE(Collect().has_value());
  REQUIRE(daemon.blocked() == 2);
  const DomainStats& healthy = Vm(6);
  CHECK_FALSE(healthy.monitor_ok.has_value());
  CHECK(healthy.cpu[CpuCounter::kTimeNs].has_value());
  CHECK(healthy.memory[MemoryValue::kCurrentBytes].has_value());
  CHECK(Vm(0).monitor_ok == false);
  CHECK(Vm(11).monitor_ok == false);
}

TEST_CASE_METHOD(CapFixture, "below the cap nothing is asked without the monitor") {
  Cap(1, 2);
  Start();
  Hang({0, 11});
  const int infos = daemon.calls(Function::kInfo);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(Collect().has_value());
    CHECK(CountFull() == kVms - 2);
  }
  CHECK(daemon.calls(Function::kInfo) == infos);
  CHECK(snapshot.lanes_parked == 2);
  CHECK(snapshot.lanes == 1);
}

TEST_CASE_METHOD(CapFixture, "when calls return everything is read in full again") {
  Cap(1, 1);
  Start();
  Hang({0, 4, 11});
  for (int i = 0; i < 3; ++i) REQUIRE(Collect().has_value());
  daemon.EndFaults();
  REQUIRE(daemon.AwaitBlocked(0));
  static_cast<void>(Collect());
  CHECK(CollectedInFull());
  CHECK(Eventually([this] { return Collect().has_value() && snapshot.lanes_parked == 0; }));
  CHECK(snapshot.lanes == 1);
}

TEST_CASE_METHOD(CapFixture, "the default cap is enough for six VMs that hang, on one lane") {
  options.lanes = 1;
  Start();
  Hang({0, 2, 5, 7, 9, 11});
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 6);
  CHECK(snapshot.lanes_parked == 6);
}

TEST_CASE_METHOD(CapFixture, "at the cap a VM whose lock is held costs at most its own data after a few cycles") {
  Cap(1, 1);
  Start();
  Hang({0, 11});
  for (int i = 0; i < 2; ++i) REQUIRE(Collect().has_value());
  daemon.Lock(6);
  for (int i = 0; i < 2; ++i) static_cast<void>(Collect());
  CHECK(IsSetAside(Vm(6)));
  CHECK(CountWithStateAndNetwork() == kVms - 1);
  CHECK(daemon.most_waiting_on(6) <= 4);
}

TEST_CASE_METHOD(CapFixture,
                 "at the cap few more calls are lost on VMs whose locks are held, and no more as time goes by") {
  Cap(1, 1);
  Start();
  Hang({0, 11});
  for (int i = 0; i < 2; ++i) REQUIRE(Collect().has_value());
  Lock({4, 5, 6, 7});
  for (int i = 0; i < 5; ++i) static_cast<void>(Collect());
  // Two searches, the call without the monitor, and one for each of the VMs.
  CHECK(daemon.most_blocked() <= cap() + 2 + 1 + 4);
  for (int vm = 4; vm <= 7; ++vm) CHECK(daemon.most_waiting_on(vm) <= 4);
}

TEST_CASE_METHOD(CapFixture, "at the cap a call that needs no monitor is waited for, whatever monitors are busy with") {
  Cap(1, 1);
  Start();
  Hang({0, 11});
  for (int i = 0; i < 2; ++i) REQUIRE(Collect().has_value());
  const auto other = MakeLibvirtSource({.uri = daemon.uri()}, options, clock, MakeNullLogger());
  Snapshot theirs;
  daemon.Hang(5);
  REQUIRE(other->Collect(theirs).has_value());  // holds the job of that VM from now on
  REQUIRE(daemon.blocked() == 3);
  daemon.SlowDown(std::chrono::milliseconds(400), std::chrono::milliseconds(0));
  const int bulk = daemon.calls(Function::kBulk);
  REQUIRE(Collect().has_value());
  CHECK(CountWithStateAndNetwork() == kVms);
  CHECK(daemon.calls(Function::kBulk) == bulk + 1);
  daemon.EndFaults();
}

}  // namespace
}  // namespace vmtelem

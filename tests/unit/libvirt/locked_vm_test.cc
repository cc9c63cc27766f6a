#include <atomic>
#include <thread>

#include "daemon_fixture.h"

// VMs whose lock somebody holds: `virsh destroy` of a QEMU that hangs, storage that is gone.
namespace vmtelem {
namespace {

using std::chrono::milliseconds;
using Vms = std::vector<int>;

struct LockedFixture : DaemonFixture {
  // So many collections until all VMs but `locked` are full; more than `most`: never.
  int CyclesUntilOthersAreFull(const Vms& locked, int most) {
    int cycles = 0;
    do {
      REQUIRE(Collect().has_value());
      ++cycles;
    } while (CountFull() != kVms - static_cast<int>(locked.size()) && cycles <= most);
    return cycles;
  }
};

TEST_CASE_METHOD(LockedFixture, "a VM whose lock is held is set aside, and its mates miss no cycle") {
  const int locked = GENERATE(0, 3, 5, 11);
  CAPTURE(locked);
  Start();
  daemon.Lock(locked);
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 1);
  CHECK(VmsThat(IsSetAside) == Vms{locked});
  CHECK(Vm(locked).name == FakeDaemon::Name(locked));
  CHECK(snapshot.domains.size() == kVms);
  CHECK(snapshot.problems.empty());
}

TEST_CASE_METHOD(LockedFixture, "a VM that is set aside is asked for nothing more and costs the cycles nothing") {
  Start();
  daemon.Lock(5);
  REQUIRE(Collect().has_value());
  const int waiting = daemon.waiting_on(5);
  CHECK(waiting <= 4);
  CHECK(QuickestOf(5) < milliseconds(100));
  CHECK(daemon.most_waiting_on(5) == waiting);
  CHECK(daemon.most_blocked() == waiting);
  CHECK(CountFull() == kVms - 1);
}

TEST_CASE_METHOD(LockedFixture, "for how long a VM has been set aside is reported, and grows") {
  Start();
  daemon.Lock(5);
  REQUIRE(Collect().has_value());
  const double first = Vm(5).monitor_blocked_s.value_or(-1);
  CHECK(first >= 0);
  CHECK(first < 20);
  REQUIRE(Collect().has_value());
  CHECK(Vm(5).monitor_blocked_s.value_or(-1) > first);
}

TEST_CASE_METHOD(LockedFixture, "a VM whose lock is free again is complete again, and in the same run") {
  Start();
  const auto incarnation = Vm(5).incarnation;
  daemon.Lock(5);
  REQUIRE(Collect().has_value());
  daemon.Unlock(5);
  REQUIRE(daemon.AwaitBlocked(0));
  CHECK(Eventually([this] { return CollectedInFull(); }));
  CHECK(Vm(5).incarnation == incarnation);
  CHECK(Eventually([this] { return Collect().has_value() && snapshot.lanes_parked == 0; }));
  CHECK(source->Close() == 0);
}

TEST_CASE_METHOD(LockedFixture, "a VM whose lock comes free in the middle of a cycle is in that cycle's snapshot") {
  Start();
  const auto incarnation = Vm(5).incarnation;
  daemon.Lock(5);
  REQUIRE(Collect().has_value());
  daemon.SlowDown(milliseconds(100), milliseconds(0));
  const int bulk = daemon.calls(Function::kBulk);
  std::thread unlocker([&] {
    Eventually([&] { return daemon.calls(Function::kBulk) >= bulk + kShards; });
    daemon.Unlock(5);
  });
  REQUIRE(Collect().has_value());
  unlocker.join();
  CHECK(snapshot.domains.size() == kVms);
  CHECK(CountFull() == kVms - 1);
  CHECK(CollectedInFull());
  CHECK(Vm(5).incarnation == incarnation);
}

TEST_CASE_METHOD(LockedFixture, "two VMs whose locks are held cost the others nothing, wherever they are") {
  const Vms locked = GENERATE(Vms{0, 9}, Vms{4, 5}, Vms{4, 7});
  CAPTURE(locked);
  Start();
  Lock(locked);
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 2);
  CHECK(VmsThat(IsSetAside) == locked);
  for (const int vm : locked) CHECK(daemon.most_waiting_on(vm) <= 4);
}

TEST_CASE_METHOD(LockedFixture, "more locked VMs than sweeps may be lost on are found all the same") {
  const Vms locked = GENERATE(Vms{0, 4, 8}, Vms{4, 5, 6}, Vms{1, 2, 11});
  CAPTURE(locked);
  Start();
  Lock(locked);
  CHECK(CyclesUntilOthersAreFull(locked, 3) <= 3);
  CHECK(VmsThat(IsSetAside) == locked);
  for (int i = 0; i < 5; ++i) REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 3);
  for (const int vm : locked) CHECK(daemon.most_waiting_on(vm) <= 4);
  CHECK(daemon.most_blocked() <= static_cast<int>(options.lanes_parked_max) + kShards + 3);
}

TEST_CASE_METHOD(LockedFixture,
                 "when no more sweeps may be lost, a shard that is late is asked again in halves at once") {
  Start();
  Lock({0, 11});
  REQUIRE(Collect().has_value());
  daemon.Lock(5);
  REQUIRE(Collect().has_value());
  CHECK(VmsThat(IsSetAside) == Vms{0, 5, 11});
  CHECK(CountFull() == kVms - 3);
  CHECK(took() < milliseconds(800));
}

TEST_CASE_METHOD(LockedFixture, "a VM that hung before its lock was taken is set aside, and its mates stay") {
  Start();
  daemon.Hang(5);
  REQUIRE(Collect().has_value());
  CHECK(IsPartial(Vm(5)));
  daemon.Lock(5);
  CHECK(CyclesUntilOthersAreFull({5}, 2) <= 2);
  CHECK(IsSetAside(Vm(5)));
  CHECK(daemon.most_waiting_on(5) <= 4);
  CHECK(Vm(5).monitor_blocked_s.value_or(0) >= 0.2);
}

TEST_CASE_METHOD(LockedFixture, "a VM that hangs and a VM whose lock is held are told apart") {
  const bool mates = GENERATE(true, false);
  const int hung = mates ? 6 : 0;
  Start();
  daemon.Lock(5);
  daemon.Hang(hung);
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 2);
  CHECK(Eventually([&] { return Collect().has_value() && VmsThat(IsPartial) == Vms{hung}; }));
  CHECK(VmsThat(IsSetAside) == Vms{5});
  CHECK(CountFull() == kVms - 2);
}

TEST_CASE_METHOD(LockedFixture,
                 "a VM that was found to hang while it was asked alone stays one when another is looked for") {
  Start();
  daemon.Lock(5);
  daemon.Hang(0);
  REQUIRE(Eventually([this] { return Collect().has_value() && VmsThat(IsPartial) == Vms{0}; }));
  daemon.Unlock(5);
  daemon.Hang(9);
  CHECK(Eventually([this] {
    REQUIRE(Collect().has_value());
    CHECK(IsPartial(Vm(0)));
    return VmsThat(IsPartial) == Vms{0, 9};
  }));
  for (int i = 0; i < 5; ++i) {
    REQUIRE(Collect().has_value());
    CHECK(VmsThat(IsPartial) == Vms{0, 9});
  }
}

TEST_CASE_METHOD(LockedFixture, "the control connection, on which events come, does not wait for a VM's lock") {
  Start();
  const int opens = daemon.calls(Function::kOpen);
  daemon.Lock(5);
  for (int i = 0; i < 3; ++i) REQUIRE(Collect().has_value());
  daemon.Unlock(5);
  CHECK(Eventually([this] { return CollectedInFull(); }));
  CHECK(daemon.calls(Function::kOpen) <= opens + 3);  // lanes in place of those that waited
}

TEST_CASE_METHOD(LockedFixture, "no call for a list is made while a VM's lock is held") {
  Start();
  daemon.Lock(5);
  const int lists = daemon.calls(Function::kList);
  for (int i = 0; i < 3; ++i) REQUIRE(Collect().has_value());
  CHECK(daemon.calls(Function::kList) <= lists + 1);  // of the new control connection, before the lock was found
  CHECK(daemon.most_waiting_on(5) <= 4);
}

TEST_CASE_METHOD(LockedFixture,
                 "no call meets a VM's lock with the list of VMs locked, which would keep VMs from being created") {
  Start();
  SECTION("held from one moment to the next") { daemon.Lock(5); }
  SECTION("of a VM that hangs") {
    daemon.Hang(5);
    REQUIRE(Collect().has_value());
    daemon.Lock(5);
  }
  SECTION("of several") { Lock({0, 5, 6, 11}); }
  for (int i = 0; i < 5; ++i) REQUIRE(Collect().has_value());
  CHECK(daemon.blocking_the_list() == 0);
}

TEST_CASE_METHOD(LockedFixture, "after a lock was met each VM is asked for alone, and after a while in shards again") {
  Start();
  daemon.Lock(5);
  REQUIRE(Collect().has_value());
  daemon.Unlock(5);
  const int bulk = daemon.calls(Function::kBulk);
  REQUIRE(Eventually([this] { return CollectedInFull(); }));
  CHECK(daemon.calls(Function::kBulk) >= bulk + kVms);
  CHECK(Eventually([this] {
    const int before = daemon.calls(Function::kBulk);
    return CollectedInFull() && daemon.calls(Function::kBulk) == before + kShards;
  }));
}

TEST_CASE_METHOD(LockedFixture, "a lock that is held for a moment again and again costs no other VM a sample") {
  Start();
  std::atomic<bool> stop{false};
  std::thread locker([&] {
    for (int vm = 0; !stop; vm = (vm + 1) % 4) {
      daemon.Lock(vm);
      std::this_thread::sleep_for(milliseconds(300) * kTimeScale);
      daemon.Unlock(vm);
    }
  });
  for (int i = 0; i < 20; ++i) {
    REQUIRE(Collect().has_value());
    for (int vm = 4; vm < kVms; ++vm) CHECK(IsFull(Vm(vm)));
  }
  stop = true;
  locker.join();
}

TEST_CASE_METHOD(LockedFixture, "each line that says a VM does not answer says since when") {
  Start();
  for (int i = 0; i < 10; ++i) {
    daemon.Lock(i);
    REQUIRE(Collect().has_value());
    for (const DomainStats& vm : snapshot.domains) CHECK((vm.monitor_ok != false || vm.monitor_blocked_s.has_value()));
    daemon.Unlock(i);
    REQUIRE(Collect().has_value());
    for (const DomainStats& vm : snapshot.domains) CHECK((vm.monitor_ok != false || vm.monitor_blocked_s.has_value()));
  }
}

TEST_CASE_METHOD(LockedFixture, "where most VMs wait for the daemon none of them is reported as not answering") {
  options.lanes = 1;
  options.filter = {{"vm-00", "vm-01", "vm-02", "vm-03", "vm-04"}, {}};
  Make();
  REQUIRE(Eventually([this] { return Collect().has_value() && IsConnected(); }));
  Lock({0, 2, 4});
  for (int i = 0; i < 3; ++i) REQUIRE(Collect().has_value());
  CHECK(CountHungVms(snapshot) == 0);
  REQUIRE_FALSE(snapshot.problems.empty());
  CHECK(snapshot.problems.back().message.find("wait for the daemon") != std::string::npos);
}

}  // namespace
}  // namespace vmtelem

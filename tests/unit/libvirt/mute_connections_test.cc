#include "daemon_fixture.h"
#include "fake_peer.h"
#include "source_fixture.h"

// Connections on which nothing comes any more while new ones work: a firewall that forgot them, an ssh that stands
// still.
namespace vmtelem {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE_METHOD(DaemonFixture, "connections that are mute are replaced, and the cycle is complete") {
  Start();
  daemon.MuteConnections();
  CHECK(CollectedInFull());
  CHECK(took() < seconds(2));
  CHECK(CollectedInFull());
  CHECK(took() < milliseconds(200));
}

TEST_CASE_METHOD(DaemonFixture, "when connections are mute no VM is to blame") {
  Start();
  daemon.MuteConnections();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(Collect().has_value());
    CHECK(CountHungVms(snapshot) == 0);
    CHECK(snapshot.problems.empty());
  }
}

TEST_CASE_METHOD(DaemonFixture, "calls on mute connections pin nothing of the daemon and do not count as parked") {
  Start();
  daemon.MuteConnections();
  REQUIRE(Collect().has_value());
  CHECK(snapshot.lanes_parked == 0);
  CHECK(snapshot.lanes == kShards);
}

TEST_CASE_METHOD(DaemonFixture, "after connections were mute a VM that hangs is found as ever") {
  Start();
  daemon.MuteConnections();
  REQUIRE(Eventually([this] { return CollectedInFull() && IsConnected(); }));
  daemon.Hang(4);
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 1);
  CHECK(VmsThat(IsPartial) == std::vector<int>{4});
}

TEST_CASE_METHOD(DaemonFixture, "a VM that hung before connections went mute is found again") {
  Start();
  daemon.Hang(4);
  REQUIRE(Collect().has_value());
  daemon.MuteConnections();
  CHECK(Eventually([this] { return Collect().has_value() && CountFull() == kVms - 1 && IsPartial(Vm(4)); }));
}

// It would be asked twice, and its VMs with it.
TEST_CASE_METHOD(DaemonFixture, "a daemon that stands still for a moment is not taken for mute connections") {
  Start();
  daemon.Silence();
  const int opens = daemon.calls(Function::kOpen);
  std::thread speaker([this] {
    static_cast<void>(daemon.AwaitBlocked(kShards + 3));  // with a search, a ping and an attempt to connect
    std::this_thread::sleep_for(milliseconds(100) * kTimeScale);
    daemon.Speak();
  });
  CHECK(CollectedInFull());
  speaker.join();
  CHECK(daemon.calls(Function::kOpen) <= opens + 2);
  CHECK(snapshot.lanes_parked == 0);
}

TEST_CASE_METHOD(DaemonFixture, "VMs that are asked go on being asked while no new connection can be made") {
  Start();
  daemon.RefuseConnections();
  for (int i = 0; i < 20; ++i) CHECK(CollectedInFull());
}

// Nothing else shows that VMs which start are not seen.
TEST_CASE("a control connection that stays away is reported once, and its return too") {
  SourceFixture fixture;
  FakePeer peer;
  const auto source = fixture.Make(kNodeUri);
  REQUIRE(Eventually([&] {
    return source->Collect(fixture.snapshot).has_value() && fixture.hooks.opens == 1 + 1 + static_cast<int>(kSpares);
  }));
  fixture.RefuseToOpen();
  peer.Close(nullptr, VIR_CONNECT_CLOSE_REASON_EOF);
  const auto before = fixture.LogLines();
  for (int i = 0; i < 30; ++i) {
    REQUIRE(source->Collect(fixture.snapshot).has_value());
    fixture.clock.Advance(seconds(1));
  }
  CHECK(Eventually([&] { return source->Collect(fixture.snapshot).has_value() && fixture.LogLines() == before + 1; }));
  CHECK(fixture.log_text.str().find("those that start are not seen") != std::string::npos);
  fixture.RestoreDaemon();
  CHECK(Eventually([&] {
    fixture.clock.Advance(seconds(1));
    return source->Collect(fixture.snapshot).has_value() && fixture.LogLines() == before + 2;
  }));
  CHECK(fixture.log_text.str().find("are seen again") != std::string::npos);
}

}  // namespace
}  // namespace vmtelem

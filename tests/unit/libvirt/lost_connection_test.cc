#include "daemon_fixture.h"

// Connections that end.
namespace vmtelem {
namespace {

TEST_CASE_METHOD(DaemonFixture, "a connection that ends alone costs no sample") {
  Start();
  const int bulk = daemon.calls(Function::kBulk);
  daemon.CutNextBulk();
  CHECK(CollectedInFull());
  CHECK(snapshot.problems.empty());
  CHECK(daemon.calls(Function::kBulk) == bulk + kShards + 2);  // in halves
  CHECK(CollectedInFull());
}

TEST_CASE_METHOD(DaemonFixture, "after a connection ended alone every VM is in the same run, and so has its rates") {
  Start();
  const auto incarnations = [this] {
    std::vector<std::uint64_t> all;
    for (int vm = 0; vm < kVms; ++vm) all.push_back(Vm(vm).incarnation);
    return all;
  };
  const auto before = incarnations();
  for (int i = 0; i < 3; ++i) {
    daemon.CutNextBulk();
    CHECK(CollectedInFull());
    CHECK(incarnations() == before);
  }
}

TEST_CASE_METHOD(DaemonFixture, "a daemon that was restarted costs no sample when it is back at once") {
  Start();
  const auto before = Vm(0).incarnation;
  daemon.CutConnections();
  CHECK(CollectedInFull());
  CHECK(Vm(0).incarnation != before);
  CHECK(CollectedInFull());
}

TEST_CASE_METHOD(DaemonFixture, "a daemon that is gone is unreachable, and is read again when it is back") {
  Start();
  const auto before = Vm(0).incarnation;
  daemon.CutConnections();
  daemon.RefuseConnections();
  const auto collected = Collect();
  REQUIRE_FALSE(collected.has_value());
  CHECK(collected.error().code == ErrorCode::kUnreachable);
  CHECK(collected.error().message.find(daemon.uri()) != std::string::npos);
  CHECK_FALSE(snapshot.up);
  daemon.EndFaults();
  REQUIRE(Eventually([this] { return CollectedInFull(); }));
  CHECK(Vm(0).incarnation != before);
  CHECK(snapshot.lanes_parked == 0);
}

TEST_CASE_METHOD(DaemonFixture, "a daemon that stays away is tried on one connection and ever less often") {
  Start();
  daemon.CutConnections();
  daemon.RefuseConnections();
  for (int i = 0; i < 50; ++i) CHECK_FALSE(Collect().has_value());
  const int opens = daemon.calls(Function::kOpen);
  for (int i = 0; i < 10; ++i) CHECK(Collect().error().code == ErrorCode::kUnreachable);
  CHECK(daemon.calls(Function::kOpen) <= opens + 5);
  CHECK(daemon.blocked() == 0);
}

TEST_CASE_METHOD(DaemonFixture, "a hung VM is found although the connection of the sweep has ended meanwhile") {
  Start();
  daemon.CutConnections();
  CHECK(CollectedInFull());  // no call showed that the control connection has ended
  daemon.Hang(4);
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 1);
  CHECK(IsPartial(Vm(4)));
  CHECK(Eventually([this] { return Collect().has_value() && CountFull() == kVms - 1 && IsPartial(Vm(4)); }));
  CHECK(daemon.most_blocked() == 1);
}

TEST_CASE_METHOD(DaemonFixture, "connections do not grow over many ends") {
  Start();
  for (int i = 0; i < 20; ++i) {
    daemon.CutConnections();
    REQUIRE(Eventually([this] { return CollectedInFull(); }));
  }
  for (int i = 0; i < 3; ++i) CHECK(CollectedInFull());
  CHECK(Eventually([this] { return daemon.open_connections() <= kShards + 1 + static_cast<int>(kSpares); }));
}

}  // namespace
}  // namespace vmtelem

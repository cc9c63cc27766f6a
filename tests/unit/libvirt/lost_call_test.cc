#include "daemon_fixture.h"

// Calls that are not answered although no VM hangs.
namespace vmtelem {
namespace {

using std::chrono::milliseconds;

TEST_CASE_METHOD(DaemonFixture, "when no call is answered and no VM found, all are given up at the time-out") {
  options.timeout = milliseconds(700);
  Start();
  const int bulk = daemon.calls(Function::kBulk);
  daemon.LoseBulkCalls(kShards);
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == 0);
  CHECK(snapshot.problems.size() == kVms);
  CHECK(took() >= options.timeout);
  CHECK(took() < options.timeout + milliseconds(250));
  CHECK(daemon.calls(Function::kBulk) == bulk + kShards);
  CHECK(snapshot.lanes_parked == kShards);
}

TEST_CASE_METHOD(DaemonFixture, "a daemon that answers other calls is up, whatever calls it does not answer") {
  options.timeout = milliseconds(700);
  Start();
  daemon.LoseBulkCalls(kShards);
  REQUIRE(Collect().has_value());
  CHECK(snapshot.up);
}

TEST_CASE_METHOD(DaemonFixture, "after calls were given up the next cycle is complete") {
  options.timeout = milliseconds(700);
  Start();
  daemon.LoseBulkCalls(kShards);
  REQUIRE(Collect().has_value());
  CHECK(CollectedInFull());
  CHECK(snapshot.lanes_parked == kShards);
  daemon.EndFaults();
  CHECK(Eventually([this] { return CollectedInFull() && snapshot.lanes_parked == 0; }));
}

TEST_CASE_METHOD(DaemonFixture,
                 "a call that alone is not answered is made again when the others have long been answered") {
  Start();
  const int bulk = daemon.calls(Function::kBulk);
  daemon.LoseBulkCalls(1);
  CHECK(CollectedInFull());
  CHECK(daemon.calls(Function::kBulk) == bulk + kShards + 2);
  CHECK(daemon.blocked() == 1);
  CHECK(snapshot.lanes_parked == 1);
  CHECK(took() >= milliseconds(500));
}

TEST_CASE_METHOD(DaemonFixture,
                 "the VMs of a call that failed are named with its reason, and those of the others are read") {
  Start();
  daemon.DenyNextBulk();
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 4);
  CHECK(snapshot.domains.size() == kVms);
  REQUIRE(snapshot.problems.size() == 4);
  CHECK(snapshot.problems[0].message.find("cannot read the statistics of the VMs") != std::string::npos);
  CHECK(CollectedInFull());
}

TEST_CASE_METHOD(DaemonFixture, "the VMs of a call that was given up are named, and all other VMs are read") {
  options.timeout = milliseconds(400);
  Start();
  const auto incarnations = [this] {
    std::vector<std::uint64_t> all;
    for (int vm = 0; vm < kVms; ++vm) all.push_back(Vm(vm).incarnation);
    return all;
  };
  const auto before = incarnations();
  daemon.LoseBulkCalls(1);
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 4);
  CHECK(snapshot.domains.size() == kVms);
  REQUIRE(snapshot.problems.size() == 4);
  CHECK(snapshot.problems[0].code == ErrorCode::kTimeout);
  CHECK(snapshot.problems[0].message.find("VM 'vm-") != std::string::npos);
  CHECK(incarnations() == before);
}

}  // namespace
}  // namespace vmtelem

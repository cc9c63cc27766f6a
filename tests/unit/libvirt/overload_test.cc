#include "daemon_fixture.h"

// This machine has no time for its own threads: that is not booked as silence of the daemon or a fault of a VM.
namespace vmtelem {
namespace {

using std::chrono::milliseconds;

struct OverloadFixture : DaemonFixture {
  ~OverloadFixture() { daemon.EndWork(); }
  OverloadFixture() = default;
  OverloadFixture(const OverloadFixture&) = delete;
  OverloadFixture& operator=(const OverloadFixture&) = delete;

  void CheckOverloaded(const Result<void>& collected) {
    REQUIRE_FALSE(collected.has_value());
    CHECK(collected.error().code == ErrorCode::kOverloaded);
    CHECK(collected.error().message == daemon.uri() + " was not read in time: this machine is overloaded");
    CHECK(snapshot.overloaded);
    CHECK(snapshot.domains.empty());
  }
};

TEST_CASE_METHOD(OverloadFixture, "a daemon whose answers this machine has no time to read is not called silent") {
  options.timeout = milliseconds(2'500);
  Start();
  daemon.KeepAllAtWork();
  CheckOverloaded(Collect());
  daemon.EndWork();
  CHECK(Eventually([this] { return CollectedInFull(); }));
  CHECK_FALSE(snapshot.overloaded);
}

TEST_CASE_METHOD(OverloadFixture, "an opening that this machine has no time for is not given up") {
  options.timeout = milliseconds(200);
  daemon.KeepAllAtWork();
  Make();
  for (int i = 0; i < 3; ++i) CheckOverloaded(Collect());
  CHECK(daemon.calls(Function::kOpen) == 0);
  daemon.EndWork();
  CHECK(Eventually([this] { return CollectedInFull(); }));
  CHECK(source->Close() == 0);
}

TEST_CASE_METHOD(OverloadFixture, "a VM whose state this machine has no time to ask for is not set aside") {
  Start();
  daemon.Delay(5, milliseconds(1'000));
  daemon.KeepAtWork(Function::kState);
  REQUIRE(Collect().has_value());
  CHECK(VmsThat(IsSetAside).empty());
  CHECK(CountFull() == kVms);
}

}  // namespace
}  // namespace vmtelem

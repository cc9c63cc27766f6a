#include "daemon_fixture.h"

// A daemon that answers nothing, and one that takes its time.
namespace vmtelem {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct SilentFixture : DaemonFixture {
  SilentFixture() { options.timeout = seconds(4); }

  // The first cycle of a silence. A lane that is still being made, as on a busy machine, may have got its last answer
  // before and take it only in that cycle, which is then not silent: once more.
  Result<void> CollectInSilence() {
    Result<void> collected;
    for (int i = 0; i < 5; ++i) {
      daemon.Silence();
      collected = Collect();
      if (!collected) break;
      daemon.Speak();
      REQUIRE(Eventually([this] { return CollectedInFull() && snapshot.lanes_parked == 0; }));
    }
    return collected;
  }
  void CheckTimeout(const Result<void>& collected) {
    REQUIRE_FALSE(collected.has_value());
    CHECK(collected.error().code == ErrorCode::kTimeout);
    CHECK(collected.error().message == daemon.uri() + " does not answer");
    CHECK_FALSE(snapshot.up);
    CHECK(snapshot.domains.empty());
  }
};

TEST_CASE_METHOD(SilentFixture, "a daemon that falls silent is reported within two seconds") {
  Start();
  CheckTimeout(CollectInSilence());
  CHECK(took() < milliseconds(2'100));
  daemon.Speak();
}

TEST_CASE_METHOD(SilentFixture, "while the daemon is silent a cycle is short and starts nothing new") {
  Start();
  CheckTimeout(CollectInSilence());
  const int opens = daemon.calls(Function::kOpen);
  const int bulk = daemon.calls(Function::kBulk);
  const int blocked = daemon.blocked();
  for (int i = 0; i < 4; ++i) {
    CheckTimeout(Collect());
    CHECK(took() < milliseconds(400));
  }
  CHECK(daemon.calls(Function::kOpen) == opens);
  CHECK(daemon.calls(Function::kBulk) == bulk);
  CHECK(daemon.blocked() == blocked);
  CHECK(blocked <= kShards + 3 + 2);  // a search and two pings, and attempts to connect
}

TEST_CASE_METHOD(SilentFixture, "a daemon that speaks again is read again") {
  Start();
  CheckTimeout(CollectInSilence());
  CheckTimeout(Collect());
  daemon.Speak();
  CHECK(Eventually([this] { return CollectedInFull() && snapshot.lanes_parked == 0; }));
  CHECK(source->Close() == 0);
}

TEST_CASE_METHOD(SilentFixture,
                 "a daemon that is silent from the beginning is reported after the time-out, then soon") {
  options.timeout = milliseconds(400);
  daemon.Silence();
  Make();
  CheckTimeout(Collect());
  for (int i = 0; i < 4; ++i) {
    CheckTimeout(Collect());
    CHECK(took() < milliseconds(600));
  }
  CHECK(daemon.blocked() <= 2);
}

TEST_CASE_METHOD(SilentFixture, "a service learns at once of a daemon that is silent from the beginning") {
  options.first_answer_timeout = milliseconds(200);
  daemon.Silence();
  Make();
  CheckTimeout(Collect());
  CHECK(took() < seconds(5));
  daemon.Speak();
  CHECK(Eventually([this] { return CollectedInFull(); }));
}

TEST_CASE_METHOD(SilentFixture, "no more than two attempts to connect are ever lost on a silent daemon") {
  options.timeout = milliseconds(20);
  daemon.Silence();
  Make();
  for (int i = 0; i < 40; ++i) CHECK_FALSE(Collect().has_value());
  CHECK(daemon.calls(Function::kOpen) <= 2);
  daemon.Speak();
  options.timeout = seconds(30);
  CHECK(Eventually([this] { return Collect().has_value(); }));
}

TEST_CASE_METHOD(SilentFixture,
                 "a daemon that takes its time is waited for, and nothing is asked twice or left behind") {
  options.lanes = kShards;
  Start();
  daemon.SlowDown(milliseconds(600), milliseconds(20));
  for (int i = 0; i < 2; ++i) {
    const int bulk = daemon.calls(Function::kBulk);
    CHECK(CollectedInFull());
    CHECK(daemon.calls(Function::kBulk) == bulk + kShards);
    CHECK(snapshot.lanes_parked == 0);
  }
}

TEST_CASE_METHOD(SilentFixture, "a daemon that takes its time while a VM is known to hang is waited for") {
  Start();
  daemon.Hang(4);
  REQUIRE(Collect().has_value());
  daemon.SlowDown(milliseconds(600), milliseconds(0));
  const int bulk = daemon.calls(Function::kBulk);
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 1);
  CHECK(daemon.calls(Function::kBulk) == bulk + kShards + 1);
  CHECK(snapshot.lanes_parked <= 2);  // its own call may seem to wait
}

TEST_CASE_METHOD(SilentFixture, "VMs that take their time one after the other do not hang") {
  Start();
  daemon.Delay(0, milliseconds(140));
  daemon.Delay(1, milliseconds(140));
  daemon.Delay(2, milliseconds(260));
  const int bulk = daemon.calls(Function::kBulk);
  CHECK(CollectedInFull());
  CHECK(daemon.calls(Function::kBulk) == bulk + kShards);
  CHECK(snapshot.lanes_parked == 0);
}

TEST_CASE_METHOD(SilentFixture, "a daemon that takes its time for every call is waited for too") {
  Start();
  daemon.SlowDown(milliseconds(400), milliseconds(300));
  for (int i = 0; i < 2; ++i) {
    const int bulk = daemon.calls(Function::kBulk);
    CHECK(CollectedInFull());
    CHECK(daemon.calls(Function::kBulk) == bulk + kShards);
    CHECK(snapshot.lanes_parked == 0);
  }
}

TEST_CASE_METHOD(SilentFixture, "a daemon that takes long to connect to and answers meanwhile is not silent") {
  Start();
  daemon.SlowDown(milliseconds(500), milliseconds(600));
  CHECK(CollectedInFull());
}

TEST_CASE_METHOD(SilentFixture, "a daemon that takes its time from the beginning is read") {
  daemon.SlowDown(milliseconds(300), milliseconds(50));
  Make();
  CHECK(CollectedInFull());
  CHECK(snapshot.lanes_parked == 0);
  CHECK(daemon.calls(Function::kBulk) == kShards);
}

}  // namespace
}  // namespace vmtelem

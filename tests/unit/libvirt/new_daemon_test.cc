#include <thread>

#include "daemon_fixture.h"

// A daemon that has just started.
namespace vmtelem {
namespace {

using std::chrono::milliseconds;

struct NewDaemonFixture : DaemonFixture {
  // Has the locks of VMs held, in the collection that follows, by a daemon that takes them over.
  std::thread TakeOver(const std::vector<int>& vms, milliseconds takes) {
    daemon.SlowDown(milliseconds(300), milliseconds(0));
    return std::thread([this, vms, takes, bulk = daemon.calls(Function::kBulk)] {
      Eventually([&] { return daemon.calls(Function::kBulk) == bulk + kShards; });
      Lock(vms);
      std::this_thread::sleep_for(takes * kTimeScale);
      for (const int vm : vms) daemon.Unlock(vm);
    });
  }
  // So that the source knows it.
  void Restart() {
    daemon.Hang(4);
    daemon.Lock(9);
    REQUIRE(Collect().has_value());
    REQUIRE(daemon.blocked() >= 2);
    daemon.Restart();
    static_cast<void>(Collect());
  }
};

TEST_CASE_METHOD(NewDaemonFixture, "a daemon that takes its VMs over is waited for") {
  Make();
  auto over = TakeOver({4}, milliseconds(2'500));
  CHECK(CollectedInFull());
  over.join();
  CHECK(Eventually([this] { return CollectedInFull() && snapshot.lanes_parked == 0; }));
}

TEST_CASE_METHOD(NewDaemonFixture, "a daemon that was restarted and takes its VMs over is waited for") {
  Start();
  Restart();
  auto over = TakeOver({0, 4, 5, 8}, milliseconds(400));
  CHECK(CollectedInFull());
  over.join();
}

TEST_CASE_METHOD(NewDaemonFixture,
                 "calls on the daemon before count no more, nor are the VMs that they wait for stuck") {
  Start();
  Restart();
  CHECK(CollectedInFull());
  CHECK(snapshot.lanes_parked == 0);
  CHECK(snapshot.lanes == kShards);
  CHECK(daemon.blocked() >= 2);
}

TEST_CASE_METHOD(NewDaemonFixture, "blocked calls to an earlier daemon are reported at the end") {
  Start();
  Restart();
  CHECK(CollectedInFull());
  CHECK(source->Close() == static_cast<std::size_t>(daemon.blocked()));
}

}  // namespace
}  // namespace vmtelem

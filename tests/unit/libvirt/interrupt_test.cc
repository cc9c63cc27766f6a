#include <atomic>
#include <thread>

#include "daemon_fixture.h"

// A source that is stopped while libvirt holds calls of it.
namespace vmtelem {
namespace {

using std::chrono::seconds;

struct StopFixture : DaemonFixture {
  // Collects until another thread, when `blocked` calls are held, interrupts it. Returns how long the source took to
  // notice.
  Nanoseconds CollectInterrupted(int blocked) {
    std::atomic<SteadyTime> interrupted{SteadyTime::max()};
    std::thread interrupter([&] {
      static_cast<void>(daemon.AwaitBlocked(blocked));
      interrupted = clock.SteadyNow();
      source->Interrupt();
    });
    const auto collected = Collect();
    const SteadyTime ended = clock.SteadyNow();
    interrupter.join();
    REQUIRE_FALSE(collected.has_value());
    CHECK(collected.error().code == ErrorCode::kClosed);
    return ended - interrupted.load();
  }
};

TEST_CASE_METHOD(StopFixture, "an interruption ends a first collection that waits for a hung VM") {
  daemon.Hang(4);
  Make();
  CHECK(CollectInterrupted(1) < seconds(1));
  CHECK(Collect().error().code == ErrorCode::kClosed);
}

TEST_CASE_METHOD(StopFixture, "an interruption ends a collection that waits for a hung VM") {
  Start();
  daemon.Hang(4);
  CHECK(CollectInterrupted(1) < seconds(1));
  CHECK(Collect().error().code == ErrorCode::kClosed);
}

TEST_CASE_METHOD(StopFixture, "an interruption ends a sweep that waits for a VM's lock") {
  Start();
  daemon.Lock(4);
  CHECK(CollectInterrupted(2) < seconds(1));
}

TEST_CASE_METHOD(StopFixture, "an interruption ends an attempt to connect to a silent daemon") {
  daemon.Silence();
  Make();
  CHECK(CollectInterrupted(1) < seconds(1));
  CHECK(Collect().error().code == ErrorCode::kClosed);
}

TEST_CASE_METHOD(StopFixture, "an interruption ends a list of a silent daemon") {
  daemon.Silence();
  Make();
  std::thread interrupter([&] {
    static_cast<void>(daemon.AwaitBlocked(1));
    source->Interrupt();
  });
  CHECK(source->List(ListScope::kAll).error().code == ErrorCode::kClosed);
  interrupter.join();
}

TEST_CASE_METHOD(StopFixture, "a source that is interrupted before its first collection connects to nobody") {
  Make();
  source->Interrupt();
  CHECK(Collect().error().code == ErrorCode::kClosed);
  CHECK(daemon.calls(Function::kOpen) == 0);
}

TEST_CASE_METHOD(StopFixture,
                 "a source that was interrupted asks its hypervisor for nothing more, not even for a list") {
  Start();
  source->Interrupt();
  const int lists = daemon.calls(Function::kList);
  CHECK(source->List(ListScope::kAll).error().code == ErrorCode::kClosed);
  CHECK(Collect().error().code == ErrorCode::kClosed);
  CHECK(daemon.calls(Function::kList) == lists);
}

TEST_CASE_METHOD(StopFixture, "a healthy source leaves no thread and no connection behind") {
  Start();
  CHECK(source->Close() == 0);
  CHECK(daemon.open_connections() == 0);
}

TEST_CASE_METHOD(StopFixture, "a healthy source that is interrupted in the middle of a call leaves nothing behind") {
  Start();
  daemon.SlowDown(std::chrono::milliseconds(100), std::chrono::milliseconds(0));
  const int bulk = daemon.calls(Function::kBulk);
  std::thread interrupter([&] {
    Eventually([&] { return daemon.calls(Function::kBulk) == bulk + kShards; });
    source->Interrupt();
  });
  CHECK(Collect().error().code == ErrorCode::kClosed);
  interrupter.join();
  CHECK(source->Close() == 0);
}

TEST_CASE_METHOD(StopFixture, "a source that is closed reports how many of its calls have not returned") {
  Start();
  Hang({0, 5});
  REQUIRE(Collect().has_value());
  CHECK(source->Close() == 2);
}

TEST_CASE_METHOD(StopFixture, "a source on a silent daemon is closed within its patience") {
  Start();
  daemon.Silence();
  const SteadyTime begin = clock.SteadyNow();
  CHECK(source->Close() == kShards + kSpares + 1);  // none of its connections can be closed
  CHECK(clock.SteadyNow() - begin < seconds(4));
}

TEST_CASE_METHOD(StopFixture,
                 "a source is destroyed although a call of it has not returned, which then ends by itself") {
  Start();
  daemon.Hang(4);
  REQUIRE(Collect().has_value());
  source.reset();
  CHECK(daemon.open_connections() == 1);
  daemon.Resume(4);
  CHECK(Eventually([this] { return daemon.open_connections() == 0; }));
}

}  // namespace
}  // namespace vmtelem

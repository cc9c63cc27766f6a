#include "base/notifier.h"

#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

struct Fixture {
  Notifier notifier;
  SystemClock clock;

  SteadyTime Soon() { return clock.SteadyNow() + std::chrono::seconds(30); }
};

TEST_CASE_METHOD(Fixture, "a condition that holds already is not waited for") {
  CHECK(notifier.WaitUntil(clock, SteadyTime::min(), [] { return true; }));
}

TEST_CASE_METHOD(Fixture, "a wait ends at its deadline and says whether its condition holds then") {
  CHECK_FALSE(notifier.WaitUntil(clock, clock.SteadyNow(), [] { return false; }));
}

TEST_CASE_METHOD(Fixture, "whoever rings has the condition looked at again") {
  std::atomic<bool> ready{false};
  std::thread ringer([&] {
    ready = true;
    notifier.Notify();
  });
  CHECK(notifier.WaitUntil(clock, Soon(), [&] { return ready.load(); }));
  ringer.join();
}

TEST_CASE_METHOD(Fixture, "a cancellation ends the wait in progress and every later one") {
  std::atomic<bool> waits{false};
  std::thread canceller([&] {
    while (!waits) std::this_thread::yield();
    notifier.Cancel();
  });
  const auto never = [&] {
    waits = true;
    return false;
  };
  CHECK_FALSE(notifier.WaitUntil(clock, Soon(), never));
  canceller.join();
  CHECK(notifier.cancelled());
  CHECK_FALSE(notifier.WaitUntil(clock, Soon(), never));
}

TEST_CASE_METHOD(Fixture, "a condition that held before a cancellation is still reported") {
  notifier.Cancel();
  CHECK(notifier.WaitUntil(clock, Soon(), [] { return true; }));
}

}  // namespace
}  // namespace vmtelem

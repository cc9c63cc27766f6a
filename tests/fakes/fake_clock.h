#pragma once

#include "base/clock.h"

namespace vmtelem {

// Time that only the test moves. WaitUntil() moves it to the deadline itself, so that a thread that waits for its next
// tick runs at once. Not thread-safe unless one thread waits and the others only read.
class FakeClock final : public Clock {
 public:
  SteadyTime SteadyNow() override {
    const std::lock_guard guard(mutex_);
    return steady_;
  }
  std::int64_t WallNowNs() override {
    const std::lock_guard guard(mutex_);
    return wall_ns_;
  }
  bool WaitUntil(std::unique_lock<std::mutex>&, std::condition_variable&, SteadyTime deadline,
                 const std::function<bool()>& ready) override {
    if (ready()) return true;
    const std::lock_guard guard(mutex_);
    if (deadline > steady_) {
      wall_ns_ += (deadline - steady_).count();
      steady_ = deadline;
    }
    return false;
  }

  void Advance(Nanoseconds by) {
    const std::lock_guard guard(mutex_);
    steady_ += by;
    wall_ns_ += by.count();
  }
  // A step of the wall clock that the monotonic clock does not see.
  void StepWall(Nanoseconds by) {
    const std::lock_guard guard(mutex_);
    wall_ns_ += by.count();
  }

 private:
  std::mutex mutex_;
  SteadyTime steady_{std::chrono::seconds(1000)};
  std::int64_t wall_ns_ = 1'700'000'000'000'000'000;
};

}  // namespace vmtelem

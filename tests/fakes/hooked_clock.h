#pragma once

#include "base/clock.h"

namespace vmtelem {

// Another clock, with something that happens whenever somebody begins to wait on it.
class HookedClock final : public Clock {
 public:
  explicit HookedClock(Clock& inner) : inner_(inner) {}

  SteadyTime SteadyNow() override { return inner_.SteadyNow(); }
  std::int64_t WallNowNs() override { return inner_.WallNowNs(); }
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& condition, SteadyTime deadline,
                 const std::function<bool()>& ready) override {
    if (on_wait) on_wait();
    return inner_.WaitUntil(lock, condition, deadline, ready);
  }

  std::function<void()> on_wait;

 private:
  Clock& inner_;
};

}  // namespace vmtelem

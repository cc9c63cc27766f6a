#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "base/clock.h"

namespace vmtelem {

// Real time that can be let leap, so that a server seems slow or a while seems to have passed, and nobody waits.
class LeapingClock final : public Clock {
 public:
  SteadyTime SteadyNow() override { return real_.SteadyNow() + Nanoseconds(leapt_ns.load()); }
  std::int64_t WallNowNs() override { return real_.WallNowNs(); }
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& condition, SteadyTime deadline,
                 const std::function<bool()>& ready) override {
    return real_.WaitUntil(lock, condition, deadline, ready);
  }
  std::atomic<Nanoseconds::rep> leapt_ns{0};

 private:
  SystemClock real_;
};

}  // namespace vmtelem

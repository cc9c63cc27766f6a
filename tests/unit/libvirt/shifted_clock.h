#pragma once

#include <atomic>

#include "base/clock.h"

namespace vmtelem {

// Real time plus what the test adds: for code whose calls take real time and whose pauses must not.
class ShiftedClock final : public Clock {
 public:
  SteadyTime SteadyNow() override { return real_.SteadyNow() + Nanoseconds(shift_ns_); }
  std::int64_t WallNowNs() override { return real_.WallNowNs() + shift_ns_; }
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& condition, SteadyTime deadline,
                 const std::function<bool()>& ready) override {
    return real_.WaitUntil(lock, condition, deadline - Nanoseconds(shift_ns_), ready);
  }
  void Advance(Nanoseconds by) { shift_ns_ += by.count(); }

 private:
  SystemClock real_;
  std::atomic<Nanoseconds::rep> shift_ns_{0};
};

}  // namespace vmtelem

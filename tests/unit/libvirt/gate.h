#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"

namespace vmtelem {

// Where a thread is held until the test lets it through, as libvirt holds one on a hung VM.
class Gate {
 public:
  void Pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void Open() {
    const std::lock_guard guard(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool AwaitArrivals(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return waiting_ >= count; });
  }
  int arrivals() {
    const std::lock_guard guard(mutex_);
    return waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

// Real time, but the deadline of a wait passes at once when one more thread stands at the gate: a call is late because
// it hangs, however slow the machine is.
class GateClock final : public Clock {
 public:
  explicit GateClock(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}
  SteadyTime SteadyNow() override { return real_.SteadyNow(); }
  std::int64_t WallNowNs() override { return real_.WallNowNs(); }
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& condition, SteadyTime deadline,
                 const std::function<bool()>& ready) override {
    while (!ready() && SteadyNow() < deadline) {
      if (gate_->arrivals() > late_) {
        ++late_;
        break;
      }
      condition.wait_for(lock, std::chrono::milliseconds(1));
    }
    return ready();
  }

 private:
  SystemClock real_;
  std::shared_ptr<Gate> gate_;
  int late_ = 0;
};

// Waits for what another thread will do and cannot announce.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace vmtelem

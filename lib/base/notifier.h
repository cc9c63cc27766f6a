#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "base/clock.h"

namespace vmtelem {

// What the owner of several lanes waits on: each of them rings when a call is done. Thread-safe.
class Doorbell {
 public:
  void Ring() {
    const std::lock_guard guard(mutex_);
    rung_.notify_all();
  }

  // Ends the wait in progress and every later one.
  void Cancel() {
    const std::lock_guard guard(mutex_);
    cancelled_ = true;
    rung_.notify_all();
  }
  [[nodiscard]] bool cancelled() {
    const std::lock_guard guard(mutex_);
    return cancelled_;
  }

  // Whether `ready` holds; waits for it until the deadline or Cancel(). `ready` may take locks that are not held while
  // ringing.
  bool WaitUntil(Clock& clock, SteadyTime deadline, const std::function<bool()>& ready) {
    std::unique_lock lock(mutex_);
    clock.WaitUntil(lock, rung_, deadline, [&] { return ready() || cancelled_; });
    return ready();
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  bool cancelled_ = false;
};

}  // namespace vmtelem

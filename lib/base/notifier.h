#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "base/clock.h"

namespace vmtelem {

// Wakes the one thread that waits for any of several others, each of which notifies when it has something. Thread-safe.
class Notifier {
 public:
  void Notify() {
    const std::lock_guard guard(mutex_);
    notified_.notify_all();
  }

  // Ends the wait in progress and every later one.
  void Cancel() {
    const std::lock_guard guard(mutex_);
    cancelled_ = true;
    notified_.notify_all();
  }
  [[nodiscard]] bool cancelled() {
    const std::lock_guard guard(mutex_);
    return cancelled_;
  }

  // Whether `ready` holds; waits for it until the deadline or Cancel(). `ready` may take locks that are not held while
  // notifying.
  bool WaitUntil(Clock& clock, SteadyTime deadline, const std::function<bool()>& ready) {
    std::unique_lock lock(mutex_);
    clock.WaitUntil(lock, notified_, deadline, [&] { return ready() || cancelled_; });
    return ready();
  }

 private:
  std::mutex mutex_;
  std::condition_variable notified_;
  bool cancelled_ = false;
};

}  // namespace vmtelem

#pragma once

#include <atomic>

#include "base/clock.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VMTELEM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VMTELEM_SANITIZED 1
#endif
#endif

namespace vmtelem {

// So many times slower than real time does time go by for a source and its fake daemon: threads of a program that is
// under a sanitizer take longer to come to their turn than the deadlines under test allow.
#ifdef VMTELEM_SANITIZED
inline constexpr int kTimeScale = 4;
#else
inline constexpr int kTimeScale = 1;
#endif

// Real time, so many times slower, plus what the test adds: for code whose calls take real time.
class AdjustedClock final : public Clock {
 public:
  explicit AdjustedClock(int slower = 1) : slower_(slower) {}

  SteadyTime SteadyNow() override { return start_ + (real_.SteadyNow() - start_) / slower_ + Added(); }
  std::int64_t WallNowNs() override { return real_.WallNowNs() + added_ns_; }
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& condition, SteadyTime deadline,
                 const std::function<bool()>& ready) override {
    return real_.WaitUntil(lock, condition, start_ + (deadline - Added() - start_) * slower_, ready);
  }
  void Advance(Nanoseconds by) { added_ns_ += by.count(); }

 private:
  [[nodiscard]] Nanoseconds Added() const { return Nanoseconds(added_ns_); }

  SystemClock real_;
  const int slower_;
  const SteadyTime start_ = real_.SteadyNow();
  std::atomic<Nanoseconds::rep> added_ns_{0};
};

}  // namespace vmtelem

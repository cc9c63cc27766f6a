#pragma once

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

class ScaledClock final : public Clock {
 public:
  SteadyTime SteadyNow() override { return start_ + (real_.SteadyNow() - start_) / kTimeScale; }
  std::int64_t WallNowNs() override { return real_.WallNowNs(); }
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& condition, SteadyTime deadline,
                 const std::function<bool()>& ready) override {
    return real_.WaitUntil(lock, condition, start_ + (deadline - start_) * kTimeScale, ready);
  }

 private:
  SystemClock real_;
  const SteadyTime start_ = real_.SteadyNow();
};

}  // namespace vmtelem

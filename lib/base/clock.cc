#include "base/clock.h"

namespace vmtelem {

SteadyTime SystemClock::SteadyNow() { return std::chrono::steady_clock::now(); }

std::int64_t SystemClock::WallNowNs() {
  return std::chrono::duration_cast<Nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool SystemClock::WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& condition, SteadyTime deadline,
                            const std::function<bool()>& ready) {
  return condition.wait_until(lock, deadline, ready);
}

}  // namespace vmtelem

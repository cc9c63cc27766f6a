#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace vmtelem {

using SteadyTime = std::chrono::steady_clock::time_point;
using Nanoseconds = std::chrono::nanoseconds;

// Both clocks, read together: `wall_ns` (since the epoch) labels what is written, `steady` measures elapsed time.
struct Stamp {
  std::int64_t wall_ns = 0;
  SteadyTime steady{};
};

// The port to time. Thread-safe: every thread of the process may use one Clock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime SteadyNow() = 0;
  virtual std::int64_t WallNowNs() = 0;
  Stamp Now() { return {WallNowNs(), SteadyNow()}; }

  // Waits on `condition` until `ready()` holds (returns true) or the deadline has passed (returns ready()).
  // `lock` is held on entry and on return; `ready` is called with it held.
  virtual bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& condition, SteadyTime deadline,
                         const std::function<bool()>& ready) = 0;
};

// The clocks of the system.
class SystemClock final : public Clock {
 public:
  SteadyTime SteadyNow() override;
  std::int64_t WallNowNs() override;
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& condition, SteadyTime deadline,
                 const std::function<bool()>& ready) override;
};

inline double Seconds(Nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }
inline double Milliseconds(Nanoseconds duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

}  // namespace vmtelem

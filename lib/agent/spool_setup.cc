#include "agent/spool_setup.h"

#include <utility>

#include "base/sleep.h"
#include "spool/disk_spool.h"
#include "spool/memory_spool.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kLookInterval = std::chrono::milliseconds(20);
constexpr Nanoseconds kBelievedAfter = std::chrono::milliseconds(500);

// A service that could not take the lock of services, on a file system without inodes, has its role in the other lock's
// file, or nothing. For a moment that file may still hold the role of the process before, so it is believed only if it
// does not change.
bool IsHeldByService(SpoolLock& lock, Clock& clock) {
  const SteadyTime until = clock.SteadyNow() + kBelievedAfter;
  const auto seems_so = [&lock] {
    return lock.state() == SpoolLock::State::kElsewhere && lock.holder().role == SpoolRole::kService;
  };
  while (seems_so() && !lock.is_second_service()) {
    const SteadyTime now = clock.SteadyNow();
    if (now >= until) return true;
    SleepUntil(clock, now + kLookInterval);
    lock.Take();
  }
  return lock.is_second_service();
}

}  // namespace

std::unique_ptr<Spool> MakeMemorySpool(const DeliveryOptions& options) {
  return std::make_unique<MemorySpool>(options);
}

std::unique_ptr<Spool> MakeDiskSpool(const DeliveryOptions& options, SpoolLock lock, Clock& clock,
                                     const LoggerPtr& log) {
  return std::make_unique<DiskSpool>(DiskSpoolOptions{options}, std::move(lock), clock, log);
}

Result<std::unique_ptr<Spool>> OpenServiceSpool(const DeliveryOptions& options, SpoolLock lock, Clock& clock,
                                                const LoggerPtr& log) {
  if (IsHeldByService(lock, clock)) {
    return Fail(ErrorCode::kInUse, lock.reason(), "stop it, or give this one a --spool-dir of its own");
  }
  return MakeDiskSpool(options, std::move(lock), clock, log);
}

}  // namespace vmtelem

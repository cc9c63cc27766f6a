#include "cmd/spool_setup.h"

#include <thread>
#include <utility>

#include <fmt/format.h>

#include "spool/disk_spool.h"
#include "spool/memory_spool.h"
#include "spool/spool_target.h"

namespace vmtelem {
namespace {

// A `once` is gone in seconds: it does not keep a service from starting. Where a service delivers that could not take
// the lock of services, on a file system without inodes, the other lock's file tells, or says nothing: what it says may
// be from the process before for a moment, so that is believed only if it stays so.
bool IsHeldByService(SpoolLock& lock, Clock& clock) {
  const SteadyTime until = clock.SteadyNow() + std::chrono::milliseconds(500);
  const auto seems_so = [&lock] {
    return lock.state() == SpoolLock::State::kElsewhere && lock.holder().role == SpoolRole::kService;
  };
  while (seems_so() && !lock.is_second_service()) {
    if (clock.SteadyNow() >= until) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    lock.Take();
  }
  return lock.is_second_service();
}

}  // namespace

std::optional<SpoolPlace> FindSpoolPlace(const Context& context) {
  if (context.arguments.Has("--stdout") || context.arguments.Has("--no-spool")) return std::nullopt;
  const Config& config = context.config();
  if (config.delivery.spool_dir.empty()) {
    context.log->warn(
        "no directory for a spool: neither SPOOL_DIR nor HOME is set; lines wait in memory only, and are lost when the "
        "process ends before they are delivered; --no-spool accepts that");
    return std::nullopt;
  }
  return SpoolPlace{config.delivery.spool_dir, SpoolTargetName(config.influx)};
}

std::unique_ptr<Spool> MakeMemorySpool(const Context& context) {
  return std::make_unique<MemorySpool>(context.config().delivery.spool_memory_bytes());
}

std::unique_ptr<Spool> MakeDiskSpool(const Context& context, SpoolLock lock, Clock& clock, const LoggerPtr& log) {
  const DeliveryOptions& delivery = context.config().delivery;
  const DiskSpoolOptions options{.limits = {.max_bytes = delivery.spool_max_bytes},
                                 .memory_max_bytes = delivery.spool_memory_bytes()};
  return std::make_unique<DiskSpool>(options, std::move(lock), clock, log);
}

Result<std::unique_ptr<Spool>> OpenSpool(const Context& context, Clock& clock) {
  const auto place = FindSpoolPlace(context);
  if (!place) return MakeMemorySpool(context);
  SpoolLock lock(place->root, place->target, SpoolRole::kService);
  if (IsHeldByService(lock, clock)) {
    return Fail(ErrorCode::kInUse, lock.reason(), "stop it, or give this one a --spool-dir of its own");
  }
  return MakeDiskSpool(context, std::move(lock), clock, context.log);
}

}  // namespace vmtelem

#include "cmd/spool_place.h"

#include "spool/spool_target.h"

namespace vmtelem {

std::optional<SpoolLock> LockSpool(const Context& context, SpoolRole role) {
  if (context.arguments.Has("--stdout") || context.arguments.Has("--no-spool")) return std::nullopt;
  const Config& config = context.config();
  if (config.delivery.spool_dir.empty()) {
    context.log->warn(
        "no directory for a spool: neither SPOOL_DIR nor HOME is set; lines wait in memory only, and are lost when the "
        "process ends before they are delivered; --no-spool accepts that");
    return std::nullopt;
  }
  return SpoolLock(config.delivery.spool_dir, SpoolTargetName(config.influx), role);
}

}  // namespace vmtelem

#include "libvirt/source_bounds.h"

#include <fmt/format.h>

#include "base/url.h"

namespace vmtelem {

Error NoThreadFor(const std::string& uri, const ThreadBudget& threads) {
  return {ErrorCode::kCannotCreate,
          fmt::format("cannot connect to {}: this process's bound of {} threads for connections is reached",
                      MaskUrl(uri), threads.most()),
          "read from fewer hypervisors, or raise TasksMax= of the unit, pids.max of the container or 'ulimit -u'"};
}

}  // namespace vmtelem

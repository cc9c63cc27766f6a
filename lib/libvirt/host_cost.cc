#include "libvirt/host_cost.h"

#include <limits>

#include "libvirt/api/connection_cost.h"
#include "libvirt/api/uri.h"
#include "libvirt/shards.h"

namespace vmtelem {

HostCost CostOfHost(const std::string& uri, std::size_t lanes, const HostShare& share) {
  const LaneDemand demand{.configured = lanes,
                          .vms = std::numeric_limits<std::size_t>::max() / 2,
                          .cores = share.cores,
                          .remote = !UriHost(uri).empty(),
                          .hosts = share.hosts,
                          .local_hosts = share.local_hosts};
  constexpr std::size_t kAttempts = 2;
  const ConnectionCost each = CostOfConnection(uri);
  HostCost cost;
  cost.connections = 1 + LaneCount(demand) + SpareCount(demand);
  cost.descriptors = cost.connections * each.descriptors + kAttempts * each.while_opening;
  cost.tasks = 1 + cost.connections * (1 + each.processes);
  return cost;
}

bool IsLocalHost(const std::string& uri) { return UriHost(uri).empty(); }

}  // namespace vmtelem

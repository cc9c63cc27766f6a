#pragma once

#include <string>
#include <vector>

#include "agent/collectors.h"

namespace vmtelem {

// The answer to Prometheus' http_sd_configs: a target for each hypervisor, whose VMs are at /metrics?host=NAME, and one
// for the process itself. With a single hypervisor /metrics has both, and is the only target. `address` is where the
// client reached us: its Host. Pure.
std::string ServiceDiscoveryJson(const std::vector<HostStatus>& hosts, const std::string& address);

}  // namespace vmtelem

#pragma once

#include <cstddef>
#include <string>

namespace vmtelem {

// What one hypervisor takes of the process's limits while no call hangs: with its collector, the control connection and
// all lanes. Each call that hangs adds a lane, up to `lanes_parked_max`; the budgets see to those.
struct HostCost {
  std::size_t connections = 0;
  std::size_t descriptors = 0;  // open, and of two attempts to connect
  std::size_t tasks = 0;        // threads and children
};

// Of a process that reads from so many hypervisors.
struct HostShare {
  std::size_t hosts = 1, local_hosts = 1;
  std::size_t cores = 1;
};

// Whether the hypervisor's daemon runs on this machine, as far as the URI tells.
bool IsLocalHost(const std::string& uri);

// With as many VMs as use all lanes. Pure.
HostCost CostOfHost(const std::string& uri, std::size_t lanes, const HostShare& share);

}  // namespace vmtelem

#pragma once

#include <cstddef>
#include <string>

namespace vmtelem {

// What one connection to a hypervisor costs this process, measured with libvirt 9.0.
struct ConnectionCost {
  std::size_t descriptors = 0;
  std::size_t while_opening = 0;  // descriptors, at most at any moment
  std::size_t processes = 0;      // children
};

// `uri`: as it is in the settings. Without calls.
ConnectionCost CostOfConnection(const std::string& uri);

}  // namespace vmtelem

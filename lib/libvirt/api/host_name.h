#pragma once

#include <optional>
#include <string>

#include "model/hypervisor.h"

namespace vmtelem {

// The value of the host tag: the configured name, else the name that libvirt reports, else the host of the URI, else
// the local hostname.
std::string HostName(const Hypervisor& hypervisor, const std::optional<std::string>& reported);

}  // namespace vmtelem

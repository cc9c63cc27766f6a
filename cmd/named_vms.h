#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/hypervisor.h"

namespace vmtelem {

struct VmName {
  std::string_view name, uuid;
};

// The VMs that the filter names - not by a glob, which may match nothing - and that are not among `found`. A misspelt
// name would otherwise look like a VM that is well.
std::vector<std::string> NamesWithoutVm(const DomainFilter& filter, const std::vector<VmName>& found);

}  // namespace vmtelem

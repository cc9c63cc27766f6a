#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/hypervisor.h"

namespace vmtelem {

// What a VM goes by.
struct VmName {
  std::string_view name, uuid;
};

// Of VMs as they are sampled or listed, which must outlive the names.
template <class Vms>
std::vector<VmName> NamesOf(const Vms& vms) {
  std::vector<VmName> names;
  names.reserve(vms.size());
  for (const auto& vm : vms) names.push_back({vm.name, vm.uuid});
  return names;
}

// The VMs that the filter names - not by a glob, which may match nothing - and that are not among `found`. A misspelt
// name would otherwise look like a VM that is well. One that the filter excludes by the same name is not missed.
std::vector<std::string> NamesWithoutVm(const DomainFilter& filter, const std::vector<VmName>& found);

// "no VM 'x'", to be followed by a verb. A VM that is named by one of name and UUID may be excluded by the other, which
// only whoever sees all VMs could tell; with such a filter the words say no more than is known.
std::string DescribeMissingVm(const DomainFilter& filter, const std::string& name);

}  // namespace vmtelem

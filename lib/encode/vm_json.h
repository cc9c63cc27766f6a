#pragma once

#include <nlohmann/json_fwd.hpp>

#include "model/derived.h"
#include "model/snapshot.h"

namespace vmtelem {

// Adds to `vm` what is known of a VM, by the names of vm_totals and vm_features, and its devices as "nics" and "disks"
// by those of vm_nic and vm_disk. A key that is there stays as it is. Pure.
void AddVmFields(nlohmann::ordered_json& vm, const DomainStats& domain, const DomainDerived& derived);

}  // namespace vmtelem

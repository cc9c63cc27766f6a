#pragma once

#include <string>

#include "model/hypervisor.h"

namespace vmtelem {

// Whether a VM is collected. A pattern matches as an exact name, as a UUID in any case, or as an fnmatch(3) glob over
// the name, in which * also matches slashes.
bool Matches(const DomainFilter& filter, const std::string& name, const std::string& uuid);

}  // namespace vmtelem

#pragma once

#include <string>

#include "model/hypervisor.h"

namespace vmtelem {

// Whether a VM is collected. A pattern matches as an exact name, as a UUID in any case, or as a glob over the
// name, see MatchesGlob(). Pure; any thread.
bool Matches(const DomainFilter& filter, const std::string& name, const std::string& uuid);

}  // namespace vmtelem

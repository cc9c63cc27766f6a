#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "libvirt/source_bounds.h"

// The limits that the system sets this process: descriptors, threads and children.
namespace vmtelem {

// Raises the soft limit of descriptors to the hard one, as far as that does not harm children: before exec libvirt
// makes a table as large as the limit in each. Call before any thread exists.
void RaiseDescriptorLimit();

// Whether the limits suffice for these hypervisors with all their lanes, for delivery beside them, and for a control
// server that may have so many connections. kInvalid, with the numbers and what to do, if not.
Result<void> CheckProcessLimits(const Config& config, std::size_t control_connections);

// How many connections the control server may have: what the limit leaves beside all that, at most 64. At least eight,
// or MakeSourceBounds() fails.
std::size_t ControlConnections(const Config& config);

// What the sources of this process share, by the same limits. kInvalid as above.
Result<SourceBounds> MakeSourceBounds(const Config& config);

}  // namespace vmtelem

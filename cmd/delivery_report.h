#pragma once

#include <cstdint>

#include "agent/agent.h"
#include "cmd/command.h"

namespace vmtelem {

// Tells on stderr what is not stored of what `once` delivered, or left behind, and gives the exit status for it.
ExitCode ReportDelivery(const Context& context, const Delivery& delivery);

// Those that nobody will deliver and nobody has refused.
std::uint64_t LostLines(const LineCounts& counts);

}  // namespace vmtelem

#pragma once

#include <cstdint>
#include <string>

#include "agent/sample_delivery.h"
#include "cmd/command.h"

namespace vmtelem {

// Reports on stderr what is not stored of what `once` delivered, or left behind, and gives the exit status, which is
// that of its own sample. `spool` is the directory of the target.
ExitCode ReportDelivery(const Context& context, const Delivery& delivery, const std::string& spool);

// Those that the database refused and that are none of the sample's.
std::uint64_t OlderRejected(const Delivery& delivery);

}  // namespace vmtelem

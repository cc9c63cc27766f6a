#pragma once

#include "cmd/command.h"
#include "model/batch.h"

namespace vmtelem {

// Delivers the lines of one sample, if there is one, and what waits in the spool; what cannot be delivered stays there.
// Reports what is not written, and what that means for the exit status.
ExitCode DeliverSample(const Context& context, Lines lines);

}  // namespace vmtelem

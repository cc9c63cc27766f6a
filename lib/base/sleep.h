#pragma once

#include "base/clock.h"

namespace vmtelem {

// Blocks until `deadline`, which nothing ends early.
void SleepUntil(Clock& clock, SteadyTime deadline);

}  // namespace vmtelem

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/collectors.h"
#include "base/clock.h"

namespace vmtelem {

// When the last cycle began that a hypervisor answered. Pure.
std::optional<Stamp> LastGoodCycle(const std::vector<HostStatus>& hosts);

// Why the process is not ready to be relied on, in one line; empty: it is. It is not before the first cycle that a
// hypervisor answered, when the last such cycle is more than three intervals old, and while it is paused. A database
// that is away does not count: what is sampled waits for it. Pure.
std::string WhyNotReady(const std::vector<HostStatus>& hosts, bool paused, SteadyTime now, Nanoseconds interval);

}  // namespace vmtelem

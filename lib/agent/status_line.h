#pragma once

#include <string>

#include "agent/collectors.h"
#include "base/clock.h"
#include "model/agent_report.h"
#include "ship/writer.h"

namespace vmtelem {

// What is known of a process at one moment.
struct AgentStatus {
  AgentReport report;
  CollectionStats collected;
  WriterStats writer;
  SteadyTime now{};
  Nanoseconds interval{};  // at which it samples
};

// One line for people: hypervisors if there are several, VMs, lines written and waiting, and all that is wrong now, or
// was within the last minute or the last two intervals; or that all is well. Pure.
std::string StatusText(const AgentStatus& status);

}  // namespace vmtelem

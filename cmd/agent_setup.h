#pragma once

#include "agent/agent.h"
#include "config/config.h"

namespace vmtelem {

AgentOptions MakeAgentOptions(const Config& config);

}  // namespace vmtelem

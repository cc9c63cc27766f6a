#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/collectors.h"
#include "agent/status_line.h"
#include "base/clock.h"
#include "model/build_info.h"

namespace vmtelem {

// What a status is made of.
struct ControlStatus {
  AgentStatus agent;
  std::vector<HostStatus> hosts;
  BuildInfo build;
  std::int64_t started_ns = 0;  // since the epoch
  Stamp now;
  const nlohmann::ordered_json& config;  // masked
};

// The keys of the system that vmtelem replaces, with their meaning there, and ours beside them: hosts, ledger, spool,
// database, version. Pure.
nlohmann::ordered_json StatusJson(const ControlStatus& status);

}  // namespace vmtelem

#pragma once

#include <span>
#include <string>

#include "model/agent_metrics.h"

// What the process says of itself, in Prometheus text as encode/exposition.h writes it. What is not known has no
// sample. No family of it is one of PrometheusText(), so that the two texts may follow each other. Pure functions.
namespace vmtelem {

// All its families. `vmtelem_writes_total` has the code "error" for requests that ended without an answer.
std::string AgentMetricsText(const AgentMetrics& metrics);

// Single ones of them, for a process that ends with its sample.
std::string LastCollectionsText(std::span<const LastCollection> collections);
std::string BuildInfoText(const BuildInfo& build);

}  // namespace vmtelem

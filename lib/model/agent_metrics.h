#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/duration_histogram.h"
#include "base/process_usage.h"
#include "model/agent_report.h"
#include "model/build_info.h"
#include "model/write_answers.h"

// What the process says of itself to Prometheus. Plain data, of whatever thread holds it; what is not known is absent.
namespace vmtelem {

// When a hypervisor was last collected from.
struct LastCollection {
  std::string host;                   // its tag, before repair
  std::optional<double> timestamp_s;  // when the last cycle began that it answered, since the epoch
};

// How collecting from one hypervisor goes. The totals are those since it was first collected from.
struct HostMetrics {
  LastCollection last_collection;
  std::optional<bool> up;
  std::uint64_t polls = 0, poll_errors = 0, polls_late = 0;
  std::optional<std::uint64_t> domains_blocked, lanes, lanes_parked;  // in the last cycle
  DurationHistogram poll_durations;                                   // of the cycles that it answered
};

// How often a path of the control server was asked for, and answered with this status.
struct HttpRequests {
  std::string path;
  int code = 0;
  std::uint64_t count = 0;
};

// All of it.
struct AgentMetrics {
  BuildInfo build;
  std::optional<double> start_time_s;  // when it began to work, since the epoch
  std::optional<bool> paused;
  std::vector<HostMetrics> hosts;
  AgentReport report;
  std::optional<double> spool_s_left;  // SpoolStats::seconds_left
  WriteAnswers write_answers;
  std::vector<HttpRequests> http_requests;
  ProcessUsage process;
};

}  // namespace vmtelem

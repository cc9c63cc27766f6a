#pragma once

#include <string>

#include "model/agent_metrics.h"

namespace vmtelem {

// A hypervisor of which all is known.
inline HostMetrics FullHostMetrics(const std::string& host) {
  HostMetrics metrics;
  metrics.last_collection = {host, 1'700'000'000.25};
  metrics.up = true;
  metrics.polls = 11;
  metrics.poll_errors = 12;
  metrics.polls_late = 13;
  metrics.domains_blocked = 14;
  metrics.lanes = 15;
  metrics.lanes_parked = 16;
  metrics.poll_durations.Count(std::chrono::milliseconds(83));
  return metrics;
}

// Everything that there is, each count another one.
inline AgentMetrics FullAgentMetrics() {
  AgentMetrics metrics;
  metrics.build = {"1.2.3", "abc"};
  metrics.start_time_s = 1'700'000'001.5;
  metrics.paused = false;
  metrics.hosts = {FullHostMetrics("kvm1")};
  metrics.report.lines = {.sampled = 21, .recovered = 22, .queued = 26, .spooled = 27, .in_flight = 28};
  metrics.report.lines.written = 23;
  metrics.report.lines.rejected = 24;
  metrics.report.lines.dropped = 25;
  metrics.report.queue_bytes = 31;
  metrics.report.spool_bytes = 32;
  metrics.report.spool_batches = 33;
  metrics.report.write_retries = 35;
  metrics.report.names_repaired = 36;
  metrics.report.values_out_of_range = 37;
  metrics.spool_s_left = 7200.5;
  metrics.write_answers.Count(503, std::chrono::seconds(1));
  metrics.write_answers.Count(204, std::chrono::milliseconds(60));
  metrics.write_answers.Count(204, std::chrono::milliseconds(80));
  metrics.write_answers.Count(WriteAnswers::kNone, std::chrono::seconds(30));
  metrics.http_requests = {{"/metrics", 200, 41}, {"other", 404, 42}};
  metrics.process = {1.25, 1'699'999'999.75, 53, 54, 51, 1024};
  return metrics;
}

}  // namespace vmtelem

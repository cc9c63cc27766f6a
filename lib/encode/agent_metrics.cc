#include "encode/agent_metrics.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "encode/exposition.h"

namespace vmtelem {
namespace {

std::string HostLabels(const std::string& host) {
  std::string labels;
  AppendLabel(labels, "host", host);
  return labels;
}

void WriteBuild(Exposition& out, const BuildInfo& build) {
  std::string labels;
  AppendLabel(labels, "version", build.version);
  AppendLabel(labels, "revision", build.revision);
  out.Begin({"vmtelem_build_info", "gauge", "Version of vmtelem."});
  out.Sample(labels, 1);
}

constexpr MetricFamily kLastCollection{"vmtelem_hypervisor_last_collection_timestamp_seconds", "gauge",
                                       "When the last cycle began that the hypervisor answered."};

void WriteLastCollection(Exposition& out, const LastCollection& collection) {
  if (collection.timestamp_s) out.Sample(HostLabels(collection.host), *collection.timestamp_s);
}

// A figure of each hypervisor.
struct HostFamily {
  MetricFamily family;
  std::optional<std::uint64_t> (*value)(const HostMetrics&);
};

std::optional<std::uint64_t> Up(const HostMetrics& host) {
  if (!host.up) return std::nullopt;
  return *host.up ? 1 : 0;
}

constexpr std::array kHostFamilies{
    HostFamily{{"vmtelem_hypervisor_polls_total", "counter", "Cycles, each of which asks for all VMs."},
               [](const HostMetrics& host) { return std::optional(host.polls); }},
    HostFamily{{"vmtelem_hypervisor_poll_errors_total", "counter", "Cycles that failed."},
               [](const HostMetrics& host) { return std::optional(host.poll_errors); }},
    HostFamily{{"vmtelem_hypervisor_polls_late_total", "counter", "Cycles that were not over when the next was due."},
               [](const HostMetrics& host) { return std::optional(host.polls_late); }},
    HostFamily{{"vmtelem_hypervisor_domains_blocked", "gauge", "VMs that do not answer."},
               [](const HostMetrics& host) { return host.domains_blocked; }},
    HostFamily{{"vmtelem_hypervisor_lanes", "gauge", "Connections on which statistics are asked for."},
               [](const HostMetrics& host) { return host.lanes; }},
    HostFamily{{"vmtelem_hypervisor_lanes_parked", "gauge", "Calls that nobody waits for any more."},
               [](const HostMetrics& host) { return host.lanes_parked; }},
};

void WriteHosts(Exposition& out, const std::vector<HostMetrics>& hosts) {
  out.Begin({"vmtelem_hypervisor_up", "gauge", "Whether the hypervisor answered in the last cycle."});
  for (const HostMetrics& host : hosts) {
    if (const auto up = Up(host)) out.Sample(HostLabels(host.last_collection.host), *up);
  }
  out.Begin(kLastCollection);
  for (const HostMetrics& host : hosts) WriteLastCollection(out, host.last_collection);
  for (const HostFamily& family : kHostFamilies) {
    out.Begin(family.family);
    for (const HostMetrics& host : hosts) {
      if (const auto value = family.value(host)) out.Sample(HostLabels(host.last_collection.host), *value);
    }
  }
  out.Begin({"vmtelem_poll_duration_seconds", "histogram", "Duration of the cycles that the hypervisor answered."});
  for (const HostMetrics& host : hosts) out.Histogram(HostLabels(host.last_collection.host), host.poll_durations);
}

// A figure of the process that is always known.
struct ReportFamily {
  MetricFamily family;
  std::uint64_t (*value)(const AgentReport&);
};

constexpr std::array kLineFamilies{
    ReportFamily{{"vmtelem_lines_sampled_total", "counter", "Lines that were encoded."},
                 [](const AgentReport& report) { return report.lines.sampled; }},
    ReportFamily{{"vmtelem_lines_recovered_total", "counter", "Lines of other processes, found in the spool."},
                 [](const AgentReport& report) { return report.lines.recovered; }},
    ReportFamily{{"vmtelem_lines_written_total", "counter", "Lines that the database has stored."},
                 [](const AgentReport& report) { return report.lines.written; }},
    ReportFamily{{"vmtelem_lines_rejected_total", "counter", "Lines that the database refused."},
                 [](const AgentReport& report) { return report.lines.rejected; }},
    ReportFamily{{"vmtelem_lines_dropped_total", "counter", "Lines that nobody will deliver."},
                 [](const AgentReport& report) { return report.lines.dropped; }},
    ReportFamily{{"vmtelem_lines_queued", "gauge", "Lines that wait in memory only."},
                 [](const AgentReport& report) { return report.lines.queued; }},
    ReportFamily{{"vmtelem_lines_spooled", "gauge", "Lines that wait on the disk."},
                 [](const AgentReport& report) { return report.lines.spooled; }},
    ReportFamily{{"vmtelem_lines_in_flight", "gauge", "Lines that are being sent and are in memory only."},
                 [](const AgentReport& report) { return report.lines.in_flight; }},
    ReportFamily{{"vmtelem_queue_bytes", "gauge", "Memory that waiting lines take."},
                 [](const AgentReport& report) { return report.queue_bytes; }},
    ReportFamily{{"vmtelem_spool_bytes", "gauge", "Disk space that waiting batches take."},
                 [](const AgentReport& report) { return report.spool_bytes; }},
    ReportFamily{{"vmtelem_spool_batches", "gauge", "Batches that wait on the disk."},
                 [](const AgentReport& report) { return report.spool_batches; }},
};

constexpr std::array kOtherFamilies{
    ReportFamily{{"vmtelem_write_retries_total", "counter", "Requests to the database that were repeated."},
                 [](const AgentReport& report) { return report.write_retries; }},
    ReportFamily{{"vmtelem_names_repaired_total", "counter", "Names that not every database takes and were changed."},
                 [](const AgentReport& report) { return report.names_repaired; }},
    ReportFamily{{"vmtelem_values_out_of_range_total", "counter", "Values that were left out as beyond any range."},
                 [](const AgentReport& report) { return report.values_out_of_range; }},
};

template <class Families>
void WriteReport(Exposition& out, const Families& families, const AgentReport& report) {
  for (const ReportFamily& family : families) out.Single(family.family, std::optional(family.value(report)));
}

void WriteAnswersOf(Exposition& out, const WriteAnswers& answers) {
  out.Begin({"vmtelem_writes_total", "counter", "Requests to the database that ended, by HTTP status."});
  for (const auto& [status, count] : answers.by_status()) {
    std::string labels;
    AppendLabel(labels, "code", status == WriteAnswers::kNone ? "error" : std::to_string(status));
    out.Sample(labels, count);
  }
  out.Begin({"vmtelem_write_duration_seconds", "histogram", "Duration of the requests that the database answered."});
  out.Histogram("", answers.durations());
}

void WriteHttpRequests(Exposition& out, const std::vector<HttpRequests>& requests) {
  out.Begin({"vmtelem_http_requests_total", "counter", "Requests that this process answered."});
  for (const HttpRequests& each : requests) {
    std::string labels;
    AppendLabel(labels, "path", each.path);
    AppendLabel(labels, "code", std::to_string(each.code));
    out.Sample(labels, each.count);
  }
}

void WriteProcess(Exposition& out, const ProcessUsage& process) {
  out.Single({"process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds."},
             process.cpu_s);
  out.Single({"process_open_fds", "gauge", "Number of open file descriptors."}, process.open_descriptors);
  out.Single({"process_max_fds", "gauge", "Maximum number of open file descriptors."}, process.max_descriptors);
  out.Single({"process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes."}, process.virtual_bytes);
  out.Single({"process_resident_memory_bytes", "gauge", "Resident memory size in bytes."}, process.resident_bytes);
  out.Single({"process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds."},
             process.start_time_s);
}

}  // namespace

std::string AgentMetricsText(const AgentMetrics& metrics) {
  Exposition out;
  WriteBuild(out, metrics.build);
  out.Single({"vmtelem_start_time_seconds", "gauge", "When this process began to work."}, metrics.start_time_s);
  std::optional<int> paused;
  if (metrics.paused) paused = *metrics.paused ? 1 : 0;
  out.Single({"vmtelem_paused", "gauge", "Whether collecting is paused."}, paused);
  WriteHosts(out, metrics.hosts);
  WriteReport(out, kLineFamilies, metrics.report);
  out.Single({"vmtelem_spool_seconds_left", "gauge", "How long the spool would take what is sampled now."},
             metrics.spool_s_left);
  WriteAnswersOf(out, metrics.write_answers);
  WriteReport(out, kOtherFamilies, metrics.report);
  WriteHttpRequests(out, metrics.http_requests);
  WriteProcess(out, metrics.process);
  return out.Take();
}

std::string LastCollectionsText(std::span<const LastCollection> collections) {
  Exposition out;
  out.Begin(kLastCollection);
  for (const LastCollection& collection : collections) WriteLastCollection(out, collection);
  return out.Take();
}

std::string BuildInfoText(const BuildInfo& build) {
  Exposition out;
  WriteBuild(out, build);
  return out.Take();
}

}  // namespace vmtelem

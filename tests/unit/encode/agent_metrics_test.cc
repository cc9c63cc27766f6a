#include "encode/agent_metrics.h"

#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "full_agent_metrics.h"

namespace vmtelem {
namespace {

// The samples of families whose name begins so, without what announces them.
std::string SamplesOf(const std::string& text, const std::string& begin) {
  std::string samples;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with(begin)) samples.append(line).push_back('\n');
  }
  return samples;
}

std::set<std::string> FamiliesOf(const std::string& text) {
  std::set<std::string> families;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    const std::string name = line.substr(7, line.find(' ', 7) - 7);
    CHECK(families.insert(name).second);
  }
  return families;
}

TEST_CASE("what is known of a hypervisor") {
  const std::string text = AgentMetricsText(FullAgentMetrics());
  CHECK(SamplesOf(text, "vmtelem_hypervisor_") ==
        "vmtelem_hypervisor_up{host=\"kvm1\"} 1\n"
        "vmtelem_hypervisor_last_collection_timestamp_seconds{host=\"kvm1\"} 1700000000.25\n"
        "vmtelem_hypervisor_polls_total{host=\"kvm1\"} 11\n"
        "vmtelem_hypervisor_poll_errors_total{host=\"kvm1\"} 12\n"
        "vmtelem_hypervisor_polls_late_total{host=\"kvm1\"} 13\n"
        "vmtelem_hypervisor_domains_blocked{host=\"kvm1\"} 14\n"
        "vmtelem_hypervisor_lanes{host=\"kvm1\"} 15\n"
        "vmtelem_hypervisor_lanes_parked{host=\"kvm1\"} 16\n");
}

TEST_CASE("the books, the queue and the spool") {
  const std::string text = AgentMetricsText(FullAgentMetrics());
  CHECK(SamplesOf(text, "vmtelem_lines_") + SamplesOf(text, "vmtelem_queue_") + SamplesOf(text, "vmtelem_spool_") ==
        "vmtelem_lines_sampled_total 21\n"
        "vmtelem_lines_recovered_total 22\n"
        "vmtelem_lines_written_total 23\n"
        "vmtelem_lines_rejected_total 24\n"
        "vmtelem_lines_dropped_total 25\n"
        "vmtelem_lines_queued 26\n"
        "vmtelem_lines_spooled 27\n"
        "vmtelem_lines_in_flight 28\n"
        "vmtelem_queue_bytes 31\n"
        "vmtelem_spool_bytes 32\n"
        "vmtelem_spool_batches 33\n"
        "vmtelem_spool_seconds_left 7200.5\n");
}

TEST_CASE("requests to the database by how they ended") {
  CHECK(SamplesOf(AgentMetricsText(FullAgentMetrics()), "vmtelem_write") ==
        "vmtelem_writes_total{code=\"error\"} 1\n"
        "vmtelem_writes_total{code=\"204\"} 2\n"
        "vmtelem_writes_total{code=\"503\"} 1\n"
        "vmtelem_write_duration_seconds_bucket{le=\"0.005\"} 0\n"
        "vmtelem_write_duration_seconds_bucket{le=\"0.01\"} 0\n"
        "vmtelem_write_duration_seconds_bucket{le=\"0.025\"} 0\n"
        "vmtelem_write_duration_seconds_bucket{le=\"0.05\"} 0\n"
        "vmtelem_write_duration_seconds_bucket{le=\"0.1\"} 2\n"
        "vmtelem_write_duration_seconds_bucket{le=\"0.25\"} 2\n"
        "vmtelem_write_duration_seconds_bucket{le=\"0.5\"} 2\n"
        "vmtelem_write_duration_seconds_bucket{le=\"1\"} 3\n"
        "vmtelem_write_duration_seconds_bucket{le=\"2.5\"} 3\n"
        "vmtelem_write_duration_seconds_bucket{le=\"5\"} 3\n"
        "vmtelem_write_duration_seconds_bucket{le=\"10\"} 3\n"
        "vmtelem_write_duration_seconds_bucket{le=\"+Inf\"} 3\n"
        "vmtelem_write_duration_seconds_sum 1.14\n"
        "vmtelem_write_duration_seconds_count 3\n"
        "vmtelem_write_retries_total 35\n");
}

TEST_CASE("the process itself") {
  const std::string text = AgentMetricsText(FullAgentMetrics());
  CHECK(SamplesOf(text, "vmtelem_build") + SamplesOf(text, "vmtelem_start") + SamplesOf(text, "vmtelem_paused") +
            SamplesOf(text, "vmtelem_names") + SamplesOf(text, "vmtelem_values") + SamplesOf(text, "vmtelem_http") +
            SamplesOf(text, "process_") ==
        "vmtelem_build_info{version=\"1.2.3\",revision=\"abc\"} 1\n"
        "vmtelem_start_time_seconds 1700000001.5\n"
        "vmtelem_paused 0\n"
        "vmtelem_names_repaired_total 36\n"
        "vmtelem_values_out_of_range_total 37\n"
        "vmtelem_http_requests_total{path=\"/metrics\",code=\"200\"} 41\n"
        "vmtelem_http_requests_total{path=\"other\",code=\"404\"} 42\n"
        "process_cpu_seconds_total 1.25\n"
        "process_open_fds 51\n"
        "process_max_fds 1024\n"
        "process_virtual_memory_bytes 53\n"
        "process_resident_memory_bytes 54\n"
        "process_start_time_seconds 1699999999.75\n");
}

TEST_CASE("the agent's families are these") {
  CHECK(FamiliesOf(AgentMetricsText(FullAgentMetrics())) ==
        std::set<std::string>{"vmtelem_build_info",
                              "vmtelem_start_time_seconds",
                              "vmtelem_paused",
                              "vmtelem_hypervisor_up",
                              "vmtelem_hypervisor_last_collection_timestamp_seconds",
                              "vmtelem_hypervisor_polls_total",
                              "vmtelem_hypervisor_poll_errors_total",
                              "vmtelem_hypervisor_polls_late_total",
                              "vmtelem_hypervisor_domains_blocked",
                              "vmtelem_hypervisor_lanes",
                              "vmtelem_hypervisor_lanes_parked",
                              "vmtelem_poll_duration_seconds",
                              "vmtelem_write_duration_seconds",
                              "vmtelem_lines_sampled_total",
                              "vmtelem_lines_recovered_total",
                              "vmtelem_lines_written_total",
                              "vmtelem_lines_rejected_total",
                              "vmtelem_lines_dropped_total",
                              "vmtelem_lines_queued",
                              "vmtelem_lines_spooled",
                              "vmtelem_lines_in_flight",
                              "vmtelem_queue_bytes",
                              "vmtelem_spool_bytes",
                              "vmtelem_spool_batches",
                              "vmtelem_spool_seconds_left",
                              "vmtelem_writes_total",
                              "vmtelem_write_retries_total",
                              "vmtelem_names_repaired_total",
                              "vmtelem_values_out_of_range_total",
                              "vmtelem_http_requests_total",
                              "process_cpu_seconds_total",
                              "process_open_fds",
                              "process_max_fds",
                              "process_virtual_memory_bytes",
                              "process_resident_memory_bytes",
                              "process_start_time_seconds"});
}

TEST_CASE("a hypervisor of which nothing is known yet has its counts only") {
  AgentMetrics metrics;
  metrics.hosts.resize(1);
  metrics.hosts[0].last_collection.host = "new";
  const std::string text = AgentMetricsText(metrics);
  CHECK(SamplesOf(text, "vmtelem_hypervisor_") ==
        "vmtelem_hypervisor_polls_total{host=\"new\"} 0\n"
        "vmtelem_hypervisor_poll_errors_total{host=\"new\"} 0\n"
        "vmtelem_hypervisor_polls_late_total{host=\"new\"} 0\n");
  CHECK(SamplesOf(text, "vmtelem_poll_duration_seconds_count") ==
        "vmtelem_poll_duration_seconds_count{host=\"new\"} 0\n");
}

TEST_CASE("what is not known of the process has no family") {
  const std::set<std::string> families = FamiliesOf(AgentMetricsText({}));
  for (const char* absent : {"vmtelem_start_time_seconds", "vmtelem_paused", "vmtelem_spool_seconds_left",
                             "vmtelem_writes_total", "vmtelem_http_requests_total", "process_cpu_seconds_total",
                             "process_open_fds", "process_max_fds", "process_start_time_seconds"}) {
    CHECK(families.count(absent) == 0);
  }
}

TEST_CASE("a hypervisor that is down is 0, and one that may be either has no sample") {
  AgentMetrics metrics;
  metrics.hosts.resize(2);
  metrics.hosts[0].last_collection.host = "down";
  metrics.hosts[0].up = false;
  metrics.hosts[1].last_collection.host = "unread";
  CHECK(SamplesOf(AgentMetricsText(metrics), "vmtelem_hypervisor_up") == "vmtelem_hypervisor_up{host=\"down\"} 0\n");
}

TEST_CASE("a process that collects no more says so") {
  AgentMetrics metrics;
  metrics.paused = true;
  CHECK(SamplesOf(AgentMetricsText(metrics), "vmtelem_paused") == "vmtelem_paused 1\n");
}

TEST_CASE("what a process that ends with its sample says of itself") {
  CHECK(LastCollectionsText(std::vector<LastCollection>{{"a\"", 1.5}, {"b", std::nullopt}}) +
            BuildInfoText({"1.2.3", "abc"}) ==
        "# HELP vmtelem_hypervisor_last_collection_timestamp_seconds When the last cycle began that the hypervisor "
        "answered.\n"
        "# TYPE vmtelem_hypervisor_last_collection_timestamp_seconds gauge\n"
        "vmtelem_hypervisor_last_collection_timestamp_seconds{host=\"a\\\"\"} 1.5\n"
        "# HELP vmtelem_build_info Version of vmtelem.\n"
        "# TYPE vmtelem_build_info gauge\n"
        "vmtelem_build_info{version=\"1.2.3\",revision=\"abc\"} 1\n");
}

}  // namespace
}  // namespace vmtelem

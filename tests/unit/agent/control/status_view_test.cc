#include "agent/control/status_view.h"

#include <catch2/catch.hpp>

#include "agent/control/iso_time.h"
#include "host_statuses.h"

namespace vmtelem {
namespace {

using Json = nlohmann::ordered_json;

Json StatusOf(std::vector<HostStatus> hosts, AgentStatus agent = {}) {
  const Json config{{"influx_db", "vms"}};
  return StatusJson({std::move(agent), std::move(hosts), {"1.2", "abc"}, 1'000'000'000, Stamp{}, config});
}

TEST_CASE("a status has the keys of the replaced system") {
  AgentStatus agent;
  agent.report.lines.written = 7;
  agent.report.lines.queued = 2;
  agent.report.lines.in_flight = 3;
  agent.collected.cycles = 9;
  agent.collected.failed_cycles = 1;
  agent.collected.vms = 4;
  const Json status = StatusOf({}, agent);
  CHECK(status["running"] == true);
  CHECK(status["started_at"] == "1970-01-01T00:00:01.000000");
  CHECK(status["total_collections"] == 9);
  CHECK(status["total_errors"] == 1);
  CHECK(status["last_collection_time"] == nullptr);
  CHECK(status["vms_monitored"] == 4);
  CHECK(status["total_metrics_written"] == 7);
  CHECK(status["influx_queue_size"] == 5);
  CHECK(status["config"]["influx_db"] == "vms");
}

TEST_CASE("a process that is paused does not run and monitors nothing") {
  AgentStatus agent;
  agent.report.paused = true;
  agent.collected.vms = 4;
  const Json status = StatusOf({}, agent);
  CHECK(status["running"] == false);
  CHECK(status["vms_monitored"] == 0);
}

TEST_CASE("a hypervisor that fails is down for a reason, and its VMs are not known") {
  HostStatus host = HostWith("a", {});
  host.stats.up = false;
  host.stats.vms = 3;
  host.stats.fault = host.stats.last_fault = "a does not answer";
  const Json shown = StatusOf({host})["hosts"][0];
  CHECK(shown["host"] == "a");
  CHECK(shown["up"] == false);
  CHECK(shown["vms"] == nullptr);
  CHECK(shown["error"] == "a does not answer");
}

TEST_CASE("the state of the database is that of what was sent last") {
  AgentStatus agent;
  CHECK(StatusOf({}, agent)["database"]["state"] == "unknown");
  agent.writer.writes = 1;
  CHECK(StatusOf({}, agent)["database"]["state"] == "ok");
  agent.writer.fault = Error{ErrorCode::kUnreachable, "it does not answer", {}};
  CHECK(StatusOf({}, agent)["database"]["state"] == "failing");
  CHECK(StatusOf({}, agent)["database"]["error"] == "it does not answer");
  agent.writer.fault = Error{ErrorCode::kDenied, "it refuses the token", {}};
  CHECK(StatusOf({}, agent)["database"]["state"] == "refused");
}

TEST_CASE("a time is written in UTC with microseconds") {
  CHECK(IsoTime(1'700'000'000'123'456'789) == "2023-11-14T22:13:20.123456");
}

}  // namespace
}  // namespace vmtelem

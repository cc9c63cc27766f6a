#include "agent/control/status_view.h"

#include <optional>

#include "agent/control/iso_time.h"
#include "agent/control/json_value.h"
#include "agent/control/readiness.h"
#include "base/clock.h"
#include "encode/names.h"

namespace vmtelem {
namespace {

using Json = nlohmann::ordered_json;

Json TimeOrNull(const std::optional<Stamp>& stamp) { return stamp ? Json(IsoTime(stamp->wall_ns)) : Json(nullptr); }

// A steady moment of the past as a time of the wall clock; null before the first.
Json MomentOrNull(SteadyTime moment, const Stamp& now) {
  if (moment == SteadyTime{}) return nullptr;
  return IsoTime(now.wall_ns - (now.steady - moment).count());
}

Json HostJson(const HostStatus& host) {
  const CollectorStats& stats = host.stats;
  Json json{{"host", RepairName(stats.host)},
            {"uri", host.uri},
            {"up", OrNull(stats.up)},
            {"since", TimeOrNull(stats.since)},
            {"last_collection", TimeOrNull(stats.last_collection)},
            {"vms", stats.up == true ? Json(stats.vms) : Json(nullptr)},
            {"vms_monitor_blocked", stats.up == true ? Json(stats.hung_vms) : Json(nullptr)},
            {"polls", stats.polls},
            {"poll_errors", stats.poll_errors},
            {"polls_late", stats.polls_late},
            {"error", stats.fault.empty() ? Json(nullptr) : Json(stats.fault)},
            {"last_error", stats.last_fault.empty() ? Json(nullptr) : Json(stats.last_fault)},
            {"last_error_at", TimeOrNull(stats.failed_at)}};
  if (host.latest != nullptr && host.latest->snapshot.up) {
    json["poll_latency_ms"] = Seconds(host.latest->snapshot.poll_latency) * 1e3;
  }
  return json;
}

Json HostsJson(const std::vector<HostStatus>& hosts) {
  Json all = Json::array();
  for (const HostStatus& host : hosts) all.push_back(HostJson(host));
  return all;
}

Json LedgerJson(const LineCounts& lines) {
  return {{"lines_sampled", lines.sampled},        {"lines_recovered", lines.recovered},
          {"lines_queued", lines.queued},          {"lines_spooled", lines.spooled},
          {"lines_in_flight", lines.in_flight},    {"lines_written", lines.written},
          {"lines_rejected", lines.rejected},      {"lines_dropped", lines.dropped},
          {"lines_handed_over", lines.handed_over}};
}

Json SpoolJson(const WriterStats& writer) {
  return {{"bytes", writer.spool.bytes},
          {"batches", writer.spool.batches},
          {"durable", writer.spool.durable},
          {"hours_left", writer.spool.seconds_left ? Json(*writer.spool.seconds_left / 3600) : Json(nullptr)},
          {"error", OrNull(writer.spool.trouble)}};
}

std::string_view DatabaseState(const WriterStats& writer) {
  if (writer.fault) return writer.fault->code == ErrorCode::kDenied ? "refused" : "failing";
  return writer.writes > 0 ? "ok" : "unknown";
}

Json DatabaseJson(const WriterStats& writer, const Stamp& now) {
  return {{"state", DatabaseState(writer)},
          {"since", MomentOrNull(writer.state_since, now)},
          {"error", writer.fault ? Json(writer.fault->message) : Json(nullptr)},
          {"writes", writer.writes},
          {"write_retries", writer.write_retries},
          {"write_latency_ms",
           writer.write_latency.count() > 0 ? Json(Seconds(writer.write_latency) * 1e3) : Json(nullptr)}};
}

}  // namespace

Json StatusJson(const ControlStatus& status) {
  const AgentReport& report = status.agent.report;
  return {{"running", !report.paused},
          {"started_at", IsoTime(status.started_ns)},
          {"total_collections", status.agent.collected.cycles},
          {"total_errors", status.agent.collected.failed_cycles},
          {"last_collection_time", TimeOrNull(LastGoodCycle(status.hosts))},
          {"vms_monitored", report.paused ? 0 : status.agent.collected.vms},
          {"total_metrics_written", report.lines.written},
          {"influx_queue_size", report.lines.queued + report.lines.in_flight},
          {"config", status.config},
          {"version", status.build.version},
          {"revision", status.build.revision},
          {"paused", report.paused},
          {"hosts", HostsJson(status.hosts)},
          {"ledger", LedgerJson(report.lines)},
          {"queue_bytes", report.queue_bytes},
          {"spool", SpoolJson(status.agent.writer)},
          {"database", DatabaseJson(status.agent.writer, status.now)}};
}

}  // namespace vmtelem

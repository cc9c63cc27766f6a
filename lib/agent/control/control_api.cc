#include "agent/control/control_api.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "agent/control/readiness.h"
#include "agent/control/service_discovery.h"
#include "agent/control/vm_views.h"
#include "encode/agent_metrics.h"
#include "encode/names.h"
#include "encode/text_encoders.h"

namespace vmtelem {
namespace {

using Json = nlohmann::ordered_json;

// Errors quote what came from outside, which need not be UTF-8.
HttpResponse JsonAnswer(const Json& json) {
  HttpResponse response;
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  response.may_be_packed = true;
  return response;
}

HttpResponse TextAnswer(std::string text, int status = 200) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

// Links to all that can be had.
HttpResponse Index(const std::vector<std::string>& paths) {
  HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  response.body = "<!doctype html>\n<title>vmtelem</title>\n<ul>\n";
  for (const std::string& path : paths) response.body += fmt::format("<li><a href=\"{}\">{}</a>\n", path, path);
  response.body += "</ul>\n";
  return response;
}

// What the replaced system had and this one has not, and what to ask instead.
HttpResponse Gone(std::string_view successor) {
  return HttpError(404, std::string("it is gone; see ") + std::string(successor));
}

// Of a hypervisor whose last cycle is not known it is not said whether it is up.
Snapshot Unknown(const std::string& host) {
  Snapshot snapshot;
  snapshot.host = host;
  snapshot.overloaded = true;
  return snapshot;
}

std::string HypervisorText(const HostStatus& host) {
  if (host.latest != nullptr) return PrometheusText(std::array{&host.latest->snapshot});
  const Snapshot unknown = Unknown(host.stats.host);
  return PrometheusText(std::array{&unknown});
}

const HostStatus* FindHost(const std::vector<HostStatus>& hosts, std::string_view name) {
  const auto found = std::find_if(hosts.begin(), hosts.end(), [&](const HostStatus& host) {
    return host.stats.host == name || RepairName(host.stats.host) == name;
  });
  return found == hosts.end() ? nullptr : &*found;
}

}  // namespace

ControlApi::ControlApi(Parts parts) : parts_(std::move(parts)), started_(parts_.clock.Now()) {}

std::vector<HttpRoute> ControlApi::Routes() {
  const auto get = [](std::string path, HttpHandler handler) {
    return HttpRoute{std::move(path), "GET", std::move(handler)};
  };
  std::vector<HttpRoute> routes{
      get("/api/telemetry/status", [this](const HttpRequest&) { return JsonAnswer(Status()); }),
      get("/api/telemetry/vms", [this](const HttpRequest& request) { return VmsView(Hosts(), request); }),
      get("/api/telemetry/live-vms", [this](const HttpRequest& request) { return LiveVmsView(Hosts(), request); }),
      get("/api/telemetry/vm-telemetry",
          [this](const HttpRequest& request) { return VmTelemetryView(Hosts(), request, parts_.clock.WallNowNs()); }),
      get("/api/telemetry/config",
          [this](const HttpRequest&) {
            return JsonAnswer({{"config", parts_.config}});
          }),
      get("/metrics", [this](const HttpRequest& request) { return Metrics(request); }),
      get("/sd", [this](const HttpRequest& request) { return Discovery(request); }),
      get("/healthz", [](const HttpRequest&) { return TextAnswer("ok\n"); }),
      get("/-/healthy", [](const HttpRequest&) { return TextAnswer("ok\n"); }),
      get("/readyz", [this](const HttpRequest&) { return Ready(); }),
      get("/-/ready", [this](const HttpRequest&) { return Ready(); })};
  std::vector<std::string> paths;
  paths.reserve(routes.size());
  for (const HttpRoute& route : routes) paths.push_back(route.path);
  routes.push_back(get("/", [paths](const HttpRequest&) { return Index(paths); }));
  routes.push_back(get("/api/telemetry/monitored-vms", [](const HttpRequest&) { return Gone("/api/telemetry/vms"); }));
  routes.push_back(get("/api/telemetry/vm-stats/*", [](const HttpRequest&) { return Gone("/api/telemetry/vms"); }));
  routes.push_back(get("/api/telemetry/diagnostic", [](const HttpRequest&) { return Gone("/api/telemetry/status"); }));
  routes.push_back({"/api/telemetry/start", "POST", [this](const HttpRequest&) { return Start(); }});
  routes.push_back({"/api/telemetry/stop", "POST", [this](const HttpRequest&) { return Stop(); }});
  return routes;
}

void ControlApi::NoteAnswer(std::string_view route, int status) { ++answers_[{std::string(route), status}]; }

HttpResponse ControlApi::Start() {
  const bool resumed = parts_.agent.Resume();
  return JsonAnswer({{"status", resumed ? "started" : "already_running"},
                     {"message", resumed ? "collecting goes on" : "collecting was not paused"},
                     {"details", Status()}});
}

HttpResponse ControlApi::Stop() {
  const bool paused = parts_.agent.Pause();
  return JsonAnswer(
      {{"status", paused ? "stopped" : "not_running"},
       {"message", paused ? "collecting is paused; what was sampled is delivered" : "collecting was paused already"}});
}

HttpResponse ControlApi::Ready() {
  const auto now = parts_.clock.SteadyNow();
  const std::string why_not = WhyNotReady(parts_.agent.hosts(), parts_.agent.report().paused, now, parts_.interval);
  return why_not.empty() ? TextAnswer("ok\n") : TextAnswer(why_not + "\n", 503);
}

HttpResponse ControlApi::Discovery(const HttpRequest& request) const {
  const auto address = request.Header("host");
  HttpResponse response;
  response.body =
      ServiceDiscoveryJson(parts_.agent.hosts(), address.empty() ? "localhost" : std::string(address.front()));
  return response;
}

HttpResponse ControlApi::Metrics(const HttpRequest& request) {
  const std::vector<HostStatus> hosts = Hosts();
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.may_be_packed = true;
  if (const auto name = request.Parameter("host")) {
    const HostStatus* host = FindHost(hosts, *name);
    if (host == nullptr) return HttpError(404, "there is no such host");
    response.body = HypervisorText(*host);
  } else {
    if (hosts.size() == 1) response.body = HypervisorText(hosts.front());
    response.body += AgentText();
  }
  return response;
}

// A view of now shows no value that is older than two intervals. That a hypervisor does not answer holds until it does.
std::vector<HostStatus> ControlApi::Hosts() const {
  std::vector<HostStatus> hosts = parts_.agent.hosts();
  const SteadyTime oldest = parts_.clock.SteadyNow() - 2 * parts_.interval;
  for (HostStatus& host : hosts) {
    const bool has_values = host.latest != nullptr && host.latest->snapshot.up;
    if (has_values && host.latest->snapshot.stamp.steady < oldest) host.latest = nullptr;
  }
  return hosts;
}

Json ControlApi::Status() const {
  return StatusJson(
      {parts_.agent.status(), Hosts(), parts_.build, started_.wall_ns, parts_.clock.Now(), parts_.config});
}

std::string ControlApi::AgentText() {
  AgentMetrics metrics = parts_.agent.metrics();
  metrics.build = parts_.build;
  metrics.paused = metrics.report.paused;
  metrics.start_time_s = double(started_.wall_ns) / 1e9;
  metrics.process = usage_.Read();
  for (const auto& [answer, count] : answers_) metrics.http_requests.push_back({answer.first, answer.second, count});
  return AgentMetricsText(metrics);
}

}  // namespace vmtelem

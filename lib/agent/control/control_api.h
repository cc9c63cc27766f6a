#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/agent.h"
#include "agent/control/status_view.h"
#include "base/clock.h"
#include "base/process_usage.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "model/build_info.h"

namespace vmtelem {

// What the control server answers: the API of the system that vmtelem replaces, metrics and discovery for Prometheus,
// and the probes of health. Reads what the agent shows of itself, and never waits for a hypervisor, the database, the
// disk or a cycle. Server's thread, but for the constructor.
class ControlApi {
 public:
  struct Parts {
    Agent& agent;  // both outlive this
    Clock& clock;
    nlohmann::ordered_json config;  // masked; by the names of the settings in lower case
    BuildInfo build;
    Nanoseconds interval{};
  };
  explicit ControlApi(Parts parts);

  // They refer to this.
  [[nodiscard]] std::vector<HttpRoute> Routes();
  void NoteAnswer(std::string_view route, int status);

 private:
  HttpResponse Start();
  HttpResponse Stop();
  HttpResponse Metrics(const HttpRequest& request);
  HttpResponse Ready();
  [[nodiscard]] HttpResponse Discovery(const HttpRequest& request) const;
  [[nodiscard]] std::vector<HostStatus> Hosts() const;
  [[nodiscard]] nlohmann::ordered_json Status() const;
  std::string AgentText();

  const Parts parts_;
  const Stamp started_;
  ProcessUsageReader usage_;
  std::map<std::pair<std::string, int>, std::uint64_t> answers_;
};

}  // namespace vmtelem

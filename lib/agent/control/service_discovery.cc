#include "agent/control/service_discovery.h"

#include <nlohmann/json.hpp>

#include "encode/names.h"

namespace vmtelem {
namespace {

using Json = nlohmann::ordered_json;

Json Target(const std::string& address, Json labels) {
  return {{"targets", Json::array({address})}, {"labels", std::move(labels)}};
}

}  // namespace

std::string ServiceDiscoveryJson(const std::vector<HostStatus>& hosts, const std::string& address) {
  Json targets = Json::array({Target(address, {{"__metrics_path__", "/metrics"}})});
  for (const HostStatus& host : hosts) {
    if (hosts.size() == 1) break;
    const std::string name = RepairName(host.stats.host);
    targets.push_back(Target(address, {{"__metrics_path__", "/metrics"}, {"__param_host", name}, {"instance", name}}));
  }
  return targets.dump() + "\n";
}

}  // namespace vmtelem

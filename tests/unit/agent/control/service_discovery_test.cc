#include "agent/control/service_discovery.h"

#include <catch2/catch.hpp>

#include "host_statuses.h"

namespace vmtelem {
namespace {

TEST_CASE("a single hypervisor is scraped with the process") {
  CHECK(ServiceDiscoveryJson({HostWith("a", {})}, "node:9177") ==
        R"([{"targets":["node:9177"],"labels":{"__metrics_path__":"/metrics"}}])"
        "\n");
}

TEST_CASE("each of several hypervisors is a target of its own, beside the process") {
  CHECK(ServiceDiscoveryJson({HostWith("a", {}), HostWith("b", {})}, "node:9177") ==
        R"([{"targets":["node:9177"],"labels":{"__metrics_path__":"/metrics"}},)"
        R"({"targets":["node:9177"],"labels":{"__metrics_path__":"/metrics","__param_host":"a","instance":"a"}},)"
        R"({"targets":["node:9177"],"labels":{"__metrics_path__":"/metrics","__param_host":"b","instance":"b"}}])"
        "\n");
}

}  // namespace
}  // namespace vmtelem

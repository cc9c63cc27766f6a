#include "libvirt/host_cost.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr HostShare kAlone{.hosts = 1, .local_hosts = 1, .cores = 2};

TEST_CASE("a local hypervisor has a control connection, four lanes and five spare ones") {
  const HostCost cost = CostOfHost("qemu:///system", 0, kAlone);
  CHECK(cost.connections == 10);
  CHECK(cost.tasks == 11);
  CHECK(cost.descriptors == 10 * 2 + 2 * 6);
}

TEST_CASE("a remote hypervisor has a control connection, a lane and two spare ones") {
  const HostCost cost = CostOfHost("qemu+tls://node7/system", 0, {.hosts = 1, .local_hosts = 0, .cores = 2});
  CHECK(cost.connections == 4);
  CHECK(cost.tasks == 5);
}

TEST_CASE("each connection over ssh is a child as well") {
  const HostCost cost = CostOfHost("qemu+ssh://node7/system", 0, {.hosts = 1, .local_hosts = 0, .cores = 2});
  CHECK(cost.tasks == 1 + 4 * 2);
  CHECK(cost.descriptors == 4 * 3 + 2 * 8);
}

TEST_CASE("the lanes that are set count") { CHECK(CostOfHost("qemu:///system", 7, kAlone).connections == 1 + 7 + 5); }

TEST_CASE("local hypervisors share the cores") {
  CHECK(CostOfHost("test:///a.xml", 0, {.hosts = 4, .local_hosts = 4, .cores = 2}).connections == 1 + 1 + 5);
}

TEST_CASE("of many hypervisors each has fewer spare lanes") {
  const auto [hosts, connections] = GENERATE(table<std::size_t, std::size_t>({{10, 4}, {11, 4}, {100, 4}, {101, 3}}));
  CHECK(CostOfHost("qemu+tls://node7/system", 0, {.hosts = hosts, .local_hosts = 0, .cores = 2}).connections ==
        connections);
}

TEST_CASE("a local hypervisor beside some remote ones has as few spare lanes as they") {
  CHECK(CostOfHost("qemu:///system", 0, {.hosts = 11, .local_hosts = 1, .cores = 2}).connections == 1 + 4 + 2);
}

TEST_CASE("the driver in this process needs no descriptors but to open its file") {
  CHECK(CostOfHost("test:///default", 0, kAlone).descriptors == 2);
}

}  // namespace
}  // namespace vmtelem

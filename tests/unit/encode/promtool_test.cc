#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "encode/agent_metrics.h"
#include "encode/text_encoders.h"
#include "fakes/temporary_directory.h"
#include "full_agent_metrics.h"
#include "odd_names.h"
#include "samples.h"

// Prometheus' own linter has nothing to say of our texts: package prometheus, which tests/run installs.
namespace vmtelem {
namespace {

bool HasPromtool() {
  const bool has = std::system("command -v promtool >/dev/null 2>&1") == 0;
  if (!has) WARN("no promtool: tests/run installs it");
  return has;
}

// What it says of a text; empty: nothing is wrong.
std::string Lint(const std::string& text) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "metrics";
  std::ofstream(file) << text;
  const std::string command = fmt::format("promtool check metrics <{} 2>&1", file.string());
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  REQUIRE(pipe);
  std::string said;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) said.push_back(static_cast<char>(c));
  return said;
}

// So many VMs, among them the odd names, each with three NICs and two disks.
Snapshot HostWith(std::size_t vms) {
  const std::vector<std::string> odd = OddNames();
  std::vector<DomainStats> domains;
  for (std::size_t i = 0; i < vms; ++i) {
    DomainStats& domain = domains.emplace_back(FullDomain());
    domain.name = i < odd.size() ? odd[i] : fmt::format("vm{}", i);
    domain.uuid = fmt::format("11111111-2222-3333-4444-{:012}", i);
    for (const char* device : {"vnet1", "vnet2"}) domain.nics.emplace_back(domain.nics[0]).device = device;
    domain.disks.emplace_back(domain.disks[0]).device = "vdb";
  }
  return SnapshotOf(std::move(domains));
}

TEST_CASE("Prometheus' linter finds nothing wrong with VMs, many or few, with odd names") {
  if (!HasPromtool()) return;
  for (const std::size_t vms : {1U, 40U, 5'000U}) {
    const Snapshot snapshot = HostWith(vms);
    CHECK(Lint(PrometheusText(std::array{&snapshot}) + AgentMetricsText(FullAgentMetrics())).empty());
  }
}

TEST_CASE("Prometheus' linter finds nothing wrong with hypervisors with odd names") {
  if (!HasPromtool()) return;
  AgentMetrics metrics = FullAgentMetrics();
  for (const std::string& name : OddNames()) metrics.hosts.push_back(FullHostMetrics(name));
  CHECK(Lint(AgentMetricsText(metrics)).empty());
}

TEST_CASE("Prometheus' linter would say if something were wrong") {
  if (!HasPromtool()) return;
  CHECK_FALSE(Lint("a{x=\"y} 1\n").empty());
  CHECK_FALSE(Lint(BuildInfoText({}) + BuildInfoText({})).empty());
}

}  // namespace
}  // namespace vmtelem

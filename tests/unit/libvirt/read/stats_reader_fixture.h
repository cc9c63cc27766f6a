#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "fakes/fake_clock.h"
#include "libvirt/api/domain_identity.h"
#include "libvirt/read/stats_reader.h"
#include "unit/libvirt/libvirt_hooks.h"

namespace vmtelem {

using VmNames = std::vector<std::string>;

// A reader over the VMs of tests/fakes/node.xml, on the test's own thread.
struct StatsReaderFixture {
  LibvirtHooks hooks;
  FakeClock clock;
  LaneClock lane_clock{clock};
  std::optional<Connection> connection;
  std::optional<StatsReader> reader;
  std::vector<DomainHandle> domains;
  StatsQuery query;
  StatsResult result;
  std::shared_ptr<DescriptorBudget> descriptors = std::make_shared<DescriptorBudget>();

  void Open(const std::string& type = {}) {
    hooks.type = type;
    connection.emplace(*Connection::Open("test://" VMTELEM_NODE_XML, {descriptors}));
    reader.emplace(*connection);
    List(VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    query.devices = DevicesOfAll();
  }
  // libvirt's own order changes from run to run.
  void List(unsigned flags) {
    domains = *connection->ListDomains(flags);
    std::sort(domains.begin(), domains.end(),
              [](const auto& a, const auto& b) { return NameOf(a.get()) < NameOf(b.get()); });
  }
  Result<void> Read(StatsGroups groups = kAllGroups) {
    query.groups = groups;
    std::vector<virDomainPtr> pointers;
    for (const auto& domain : domains) pointers.push_back(domain.get());
    auto read = reader->Read(pointers, query, lane_clock);
    if (!read) return tl::make_unexpected(read.error());
    result = std::move(*read);
    return {};
  }

  const DomainStats& Vm(const std::string& name) {
    const auto found =
        std::find_if(result.domains.begin(), result.domains.end(), [&](const auto& vm) { return vm.name == name; });
    REQUIRE(found != result.domains.end());
    return *found;
  }
  VmNames AnsweredNames() {
    VmNames names;
    for (const auto& vm : result.domains) names.push_back(vm.name);
    std::sort(names.begin(), names.end());
    return names;
  }

  // Parameters for scripted answers; they live as long as the fixture.
  TypedParameters& New() { return *parameters_.emplace_back(std::make_unique<TypedParameters>()); }

  // All of these VMs, each with a state.
  LibvirtHooks::BulkAnswer Running(const LibvirtHooks::BulkCall& call) {
    std::vector<LibvirtHooks::Record> records;
    for (auto* domain : call.domains) records.push_back({domain, &New().Int("state.state", 1)});
    return records;
  }

 private:
  [[nodiscard]] std::shared_ptr<const DeviceTable> DevicesOfAll() const {
    auto table = std::make_shared<DeviceTable>();
    for (const auto& domain : domains) {
      const std::unique_ptr<char, decltype(&std::free)> xml(virDomainGetXMLDesc(domain.get(), 0), &std::free);
      (*table)[UuidOf(domain.get())] = {ParseDevices(xml.get()), IdOf(domain.get())};
    }
    return table;
  }

  std::vector<std::unique_ptr<TypedParameters>> parameters_;
};

}  // namespace vmtelem

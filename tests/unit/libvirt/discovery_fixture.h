#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "fakes/eventually.h"
#include "libvirt/api/handles.h"
#include "libvirt/shards.h"
#include "source_fixture.h"

namespace vmtelem {

using Function = LibvirtHooks::Function;

// Counts calls, and knows their threads, on the real test driver.
struct DiscoveryFixture : SourceFixture {
  struct Log {
    std::mutex mutex;
    std::map<Function, std::set<std::thread::id>> threads;
    std::map<Function, int> calls;
  };
  Log log;

  DiscoveryFixture() {
    hooks.before = [this](const LibvirtHooks::Call& call) {
      const std::lock_guard guard(log.mutex);
      log.threads[call.function].insert(std::this_thread::get_id());
      ++log.calls[call.function];
      return true;
    };
  }
  int Calls(Function function) {
    const std::lock_guard guard(log.mutex);
    return log.calls[function];
  }
  // Collects until all lanes, the spare ones too, are connected, each of which lists the VMs once, as the control
  // connection does. Gives the number of these lists.
  int Settle(Source& source) {
    const int lists = 1 + 1 + static_cast<int>(kSpares);
    REQUIRE(Eventually([&] { return source.Collect(snapshot).has_value() && Calls(Function::kList) == lists; }));
    return lists;
  }
  std::set<std::thread::id> Threads(Function function) {
    const std::lock_guard guard(log.mutex);
    return log.threads[function];
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& vm : snapshot.domains) names.push_back(vm.name);
    std::sort(names.begin(), names.end());
    return names;
  }
  const DomainStats& Vm(const std::string& name) const {
    const auto found =
        std::find_if(snapshot.domains.begin(), snapshot.domains.end(), [&](const auto& vm) { return vm.name == name; });
    REQUIRE(found != snapshot.domains.end());
    return *found;
  }
};

// On the hypervisor whose VMs are the same for all connections.
struct DefaultFixture : DiscoveryFixture {
  ConnectHandle admin{virConnectOpen("test:///default")};

  DomainHandle Define(const std::string& name) {
    const std::string xml = "<domain type='test'><name>" + name +
                            "</name><memory>1024</memory><os><type>hvm</type></os><devices><interface type='network'>"
                            "<source network='default'/></interface></devices></domain>";
    return DomainHandle(virDomainDefineXML(admin.get(), xml.c_str()));
  }
  using Strings = std::vector<std::string>;
};

}  // namespace vmtelem

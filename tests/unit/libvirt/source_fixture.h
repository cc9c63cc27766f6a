#pragma once

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>
#include <spdlog/sinks/ostream_sink.h>

#include "adjusted_clock.h"
#include "fakes/default_settings.h"
#include "libvirt/libvirt_source.h"
#include "libvirt_hooks.h"

namespace vmtelem {

inline const std::string kNodeUri = "test://" VMTELEM_NODE_XML;

// A source on the test driver, whose connection can be refused and lost.
struct SourceFixture {
  LibvirtHooks hooks;
  AdjustedClock clock;
  std::ostringstream log_text;
  CollectOptions options = DefaultConfig().collect;
  std::string given_name;  // of the hypervisor, where one was given
  Snapshot snapshot;

  std::unique_ptr<Source> Make(const std::string& uri) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text);
    return MakeLibvirtSource({.name = given_name, .uri = uri}, options, clock,
                             MakeLogger(sink, LogFormat::kJournald, LogLevel::kTrace));
  }
  // A connection that fails from now on.
  void RefuseToOpen(int code = VIR_ERR_SYSTEM_ERROR, const std::string& message = "refused") {
    hooks.refuse_open = [=] {
      LibvirtHooks::FailWith(code, VIR_FROM_RPC, message);
      return true;
    };
  }
  // The daemon dies: the next call fails.
  void LoseDaemon() {
    hooks.alive = false;
    hooks.bulk = [](const auto&) -> LibvirtHooks::BulkAnswer {
      LibvirtHooks::FailWith(VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC, "End of file while reading data");
      return std::nullopt;
    };
    hooks.state = hooks.bulk;
  }
  void RestoreDaemon() {
    hooks.alive = true;
    hooks.bulk = hooks.state = nullptr;
    hooks.refuse_open = nullptr;
  }
  std::uint64_t IncarnationOf(const std::string& name) {
    const auto found =
        std::find_if(snapshot.domains.begin(), snapshot.domains.end(), [&](const auto& vm) { return vm.name == name; });
    REQUIRE(found != snapshot.domains.end());
    return found->incarnation;
  }
  std::size_t LogLines() {
    const std::string text = log_text.str();
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
};

}  // namespace vmtelem

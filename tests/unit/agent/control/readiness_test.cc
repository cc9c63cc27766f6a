#include "agent/control/readiness.h"

#include <catch2/catch.hpp>

#include "host_statuses.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart{};

HostStatus CollectedAt(SteadyTime moment) {
  HostStatus host = HostWith("a", {});
  host.stats.last_collection = Stamp{.wall_ns = 1, .steady = moment};
  return host;
}

TEST_CASE("before a hypervisor has answered the process is not ready") {
  CHECK(WhyNotReady({HostStatus{}}, false, kStart, 1s) == "no hypervisor has answered yet");
}

TEST_CASE("up to three intervals after the last good cycle the process is ready") {
  CHECK(WhyNotReady({CollectedAt(kStart)}, false, kStart + 3s, 1s).empty());
  CHECK(WhyNotReady({CollectedAt(kStart)}, false, kStart + 3001ms, 1s) == "no hypervisor has answered for 3s");
}

TEST_CASE("one hypervisor of several that answers is enough to be ready") {
  CHECK(WhyNotReady({HostStatus{}, CollectedAt(kStart), CollectedAt(kStart + 9s)}, false, kStart + 10s, 1s).empty());
}

TEST_CASE("while it is paused the process is not ready") {
  CHECK(WhyNotReady({CollectedAt(kStart)}, true, kStart, 1s) == "collecting is paused");
}

}  // namespace
}  // namespace vmtelem

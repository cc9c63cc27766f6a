#include "agent/control/readiness.h"

#include <fmt/format.h>

#include "base/parse.h"

namespace vmtelem {
namespace {

constexpr int kIntervals = 3;

}  // namespace

std::optional<Stamp> LastGoodCycle(const std::vector<HostStatus>& hosts) {
  std::optional<Stamp> last;
  for (const HostStatus& host : hosts) {
    const auto& one = host.stats.last_collection;
    if (one && (!last || one->steady > last->steady)) last = one;
  }
  return last;
}

std::string WhyNotReady(const std::vector<HostStatus>& hosts, bool paused, SteadyTime now, Nanoseconds interval) {
  if (paused) return "collecting is paused";
  const auto last = LastGoodCycle(hosts);
  if (!last) return "no hypervisor has answered yet";
  const Nanoseconds age = now - last->steady;
  if (age <= kIntervals * interval) return {};
  return fmt::format("no hypervisor has answered for {}",
                     FormatDuration(std::chrono::floor<std::chrono::seconds>(age)));
}

}  // namespace vmtelem

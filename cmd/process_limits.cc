#include "cmd/process_limits.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <sys/resource.h>

#include "base/task_limit.h"
#include "base/text.h"
#include "http/server.h"
#include "libvirt/host_cost.h"

namespace vmtelem {
namespace {

constexpr std::size_t kMostDescriptors = std::size_t{1} << 20;
// Standard streams, the event loop, the log: open from the start.
constexpr std::size_t kOpenAnyway = 16;
// What connections leave to others: requests with the look-up of their server's name, files of the spool, the log.
constexpr std::size_t kPerRequest = 2, kFiles = 32;
// Threads that are no source's: main, writer, event loop, the log's, look-ups of names.
constexpr std::size_t kOwnThreads = 32;

std::size_t Reserve(const Config& config) { return config.delivery.writes_in_flight * kPerRequest + kFiles; }

HostCost CostOfAll(const Config& config) {
  const auto& hosts = config.hypervisors;
  const auto local = std::count_if(hosts.begin(), hosts.end(), [](const auto& host) { return IsLocalHost(host.uri); });
  const HostShare share{hosts.size(), static_cast<std::size_t>(local), std::thread::hardware_concurrency()};
  HostCost all;
  for (const Hypervisor& host : hosts) {
    const HostCost cost = CostOfHost(host.uri, config.collect.lanes, share);
    all.connections += cost.connections;
    all.descriptors += cost.descriptors;
    all.tasks += cost.tasks;
  }
  return all;
}

std::string Demand(const Config& config, const HostCost& cost) {
  return fmt::format("{} to {}", CountOf(cost.connections, "connection"),
                     CountOf(config.hypervisors.size(), "hypervisor"));
}

// The control server's own: the socket that listens, and what HttpServer takes.
constexpr std::size_t kControl = 1 + HttpServer::kOwnDescriptors;
constexpr std::size_t kFewestClients = 8, kMostClients = 64;

// Without the control server.
std::size_t NeededDescriptors(const Config& config, const HostCost& cost) {
  return kOpenAnyway + Reserve(config) + cost.descriptors;
}

Result<void> CheckClients(const Config& config, const HostCost& cost, std::size_t clients, std::size_t limit) {
  const std::size_t needed = NeededDescriptors(config, cost) + kControl + clients;
  if (!config.listen.address || needed <= limit) return {};
  return Fail(ErrorCode::kInvalid,
              fmt::format("--listen needs {} descriptors beside those of {}, {} in all; the limit is {}",
                          kControl + clients, Demand(config, cost), needed, limit),
              fmt::format("'ulimit -n {}', or LimitNOFILE={} in the unit", needed, needed));
}

Result<void> CheckDescriptors(const Config& config, const HostCost& cost, std::size_t clients) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  const std::size_t needed = NeededDescriptors(config, cost);
  if (needed <= limit.rlim_cur) return CheckClients(config, cost, clients, limit.rlim_cur);
  return Fail(
      ErrorCode::kInvalid,
      fmt::format("{} need {} descriptors, {} of them for the spool and the database; the limit is {}",
                  Demand(config, cost), needed, Reserve(config), limit.rlim_cur),
      fmt::format("'ulimit -n {}', or LimitNOFILE={} in the unit; fewer lanes (--lanes) or hypervisors also help",
                  needed, needed));
}

Result<void> CheckTasks(const Config& config, const HostCost& cost, const TaskLimit& limit) {
  const std::size_t needed = kOwnThreads + cost.tasks;
  if (needed > limit.most) {
    return Fail(
        ErrorCode::kInvalid,
        fmt::format("{} need {} threads and processes; {} leaves {}", Demand(config, cost), needed, limit.set_by,
                    limit.most),
        fmt::format("raise it (TasksMax={} in the unit); fewer lanes (--lanes) or hypervisors also help", needed));
  }
  if (cost.tasks <= ThreadBudget::kMost) return {};
  return Fail(ErrorCode::kInvalid,
              fmt::format("{} need {} threads and processes; vmtelem has {} at most", Demand(config, cost), cost.tasks,
                          ThreadBudget::kMost),
              "share the hypervisors out to several processes");
}

Result<void> Check(const Config& config, const TaskLimit& tasks, std::size_t clients) {
  const HostCost cost = CostOfAll(config);
  return CheckDescriptors(config, cost, clients).and_then([&] { return CheckTasks(config, cost, tasks); });
}

}  // namespace

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t most = std::min<rlim_t>(limit.rlim_max, kMostDescriptors);
  if (limit.rlim_cur >= most) return;
  limit.rlim_cur = most;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

Result<void> CheckProcessLimits(const Config& config, std::size_t control_connections) {
  return Check(config, ReadTaskLimit(), control_connections);
}

std::size_t ControlConnections(const Config& config) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kMostClients;
  const std::size_t taken = NeededDescriptors(config, CostOfAll(config)) + kControl;
  return std::clamp<std::size_t>(limit.rlim_cur - std::min<rlim_t>(taken, limit.rlim_cur), kFewestClients,
                                 kMostClients);
}

Result<SourceBounds> MakeSourceBounds(const Config& config) {
  const TaskLimit tasks = ReadTaskLimit();
  if (auto checked = Check(config, tasks, kFewestClients); !checked) return tl::make_unexpected(checked.error());
  SourceBounds bounds;
  bounds.threads = std::make_shared<ThreadBudget>(std::min(ThreadBudget::kMost, tasks.most - kOwnThreads));
  bounds.descriptors = std::make_shared<DescriptorBudget>(Reserve(config));
  return bounds;
}

}  // namespace vmtelem

#include "cmd/hypervisor_reload.h"

#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include <unistd.h>

#include "base/text.h"
#include "cmd/process_limits.h"

namespace vmtelem {
namespace {

void LogFaults(const HypervisorList& list, const LoggerPtr& log) {
  for (const Fault& fault : list.faults) log->error("{}", fault.text);
  log->error("the settings were not read again because of {}; the hypervisors stay as they were",
             CountOf(list.faults.size(), "fault"));
}

}  // namespace

int HypervisorReload::DoneSignal() { return SIGRTMIN + 2; }

void HypervisorReload::Begin() {
  again_ = is_reading();
  if (again_) return;
  std::packaged_task<HypervisorList()> read([input = context_.input] { return LoadHypervisors(input); });
  auto list = read.get_future();
  try {
    std::thread([read = std::move(read)]() mutable {
      read();
      ::kill(::getpid(), DoneSignal());
    }).detach();
  } catch (const std::system_error& error) {
    return context_.log->error("the settings were not read again: cannot start a thread: {}", error.what());
  }
  list_ = std::move(list);
}

void HypervisorReload::Finish() {
  Apply(list_.get());
  if (std::exchange(again_, false)) Begin();
}

void HypervisorReload::Apply(const HypervisorList& list) {
  if (!list.faults.empty()) return LogFaults(list, context_.log);
  Config next = context_.config();
  next.hypervisors = list.hypervisors;
  if (const auto fits = CheckProcessLimits(next, control_connections_); !fits) {
    return context_.log->error("{} ({}); the hypervisors stay as they were", fits.error().message, fits.error().hint);
  }
  for (const std::string& warning : list.warnings) context_.log->warn("{}", warning);
  const Collectors::Change change = agent_.Collect(list.hypervisors);
  context_.log->info("the hypervisors were read again: {}, of which {} joined; {} left",
                     CountOf(list.hypervisors.size(), "hypervisor"), change.joined, change.left);
}

}  // namespace vmtelem

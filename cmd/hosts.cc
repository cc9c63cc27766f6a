#include "cmd/hosts.h"

#include <cstddef>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "libvirt/libvirt_source.h"
#include "spool/spool_listing.h"

namespace vmtelem {
namespace {

constexpr std::size_t kReportedAlone = 3;  // of those that fail alike

using FaultsAlike = std::vector<const HostFault*>;

std::string_view WhatManyDo(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTimeout:
      return "do not answer";
    case ErrorCode::kOverloaded:
      return "were not read in time";
    case ErrorCode::kUnreachable:
      return "cannot be reached";
    case ErrorCode::kDenied:
      return "refuse access";
    default:
      return "cannot be read";
  }
}

Error Merged(const FaultsAlike& faults, std::size_t hosts) {
  std::vector<std::string> names;
  for (const HostFault* fault : faults) names.push_back(fault->host);
  const Error& first = faults.front()->error;
  return {first.code,
          fmt::format("{} of {} hypervisors {}: {}; the first: {}", faults.size(), hosts, WhatManyDo(first.code),
                      NamesInShort(names), first.message),
          first.hint};
}

void Report(const Messages& messages, const FaultsAlike& faults, std::size_t hosts) {
  if (faults.size() > kReportedAlone) return messages.Error(Merged(faults, hosts));
  for (const HostFault* fault : faults) {
    Error error = fault->error;
    if (hosts > 1) error.message = fmt::format("{}: {}", fault->host, error.message);
    messages.Error(error);
  }
}

}  // namespace

std::unique_ptr<HostCalls> MakeHosts(const Context& context, Clock& clock) {
  const auto make_source = [&](const Hypervisor& hypervisor) {
    return MakeLibvirtSource(hypervisor, context.config().collect, clock, context.log, context.bounds);
  };
  return std::make_unique<HostCalls>(context.config().hypervisors, make_source, clock);
}

ExitCode ReportHostFaults(const Context& context, const std::vector<HostFault>& faults) {
  const std::size_t hosts = context.config().hypervisors.size();
  std::map<ErrorCode, FaultsAlike> alike;
  ExitCode code = ExitCode::kOk;
  for (const HostFault& fault : faults) {
    alike[fault.error.code].push_back(&fault);
    code = MoreTelling(code, ExitCodeFor(fault.error.code));
  }
  for (const auto& [unused, each] : alike) Report(context.messages, each, hosts);
  return faults.empty() || faults.size() == hosts ? code : ExitCode::kPartial;
}

std::vector<std::string> MissingVmNames(const Context& context, const std::vector<HostFault>& faults,
                                        const std::vector<VmName>& found) {
  const bool saw_all = faults.empty() && context.config().hypervisors.size() == context.loaded.hypervisors_in_all;
  return saw_all ? NamesWithoutVm(context.config().collect.filter, found) : std::vector<std::string>();
}

}  // namespace vmtelem

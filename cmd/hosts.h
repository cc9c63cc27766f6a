#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/host_calls.h"
#include "base/clock.h"
#include "cmd/command.h"
#include "libvirt/named_vms.h"

// What `once` and `list-vms` share: the hypervisors that are asked, and what is said of them.
namespace vmtelem {

std::unique_ptr<HostCalls> MakeHosts(const Context& context, Clock& clock);

// A hypervisor that did not give what it was asked for.
struct HostFault {
  std::string host;
  Error error;
};

// Reports the hypervisors that failed: those that fail alike in one line if they are many, which counts them and names
// some. Gives the exit status that they mean: 1 if others answered, else what each of them means.
ExitCode ReportHostFaults(const Context& context, const std::vector<HostFault>& faults);

// The VMs that were asked for by name and are not among those that were `found`. None while it is not known: one may be
// on a hypervisor that did not answer, or on one of another shard.
std::vector<std::string> MissingVmNames(const Context& context, const std::vector<HostFault>& faults,
                                        const std::vector<VmName>& found);

}  // namespace vmtelem

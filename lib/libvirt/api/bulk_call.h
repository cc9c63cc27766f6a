#pragma once

#include <optional>
#include <span>

#include <libvirt/libvirt.h>

#include "libvirt/api/handles.h"

namespace vmtelem {

// The records of a bulk call.
struct Records {
  RecordsHandle owner;
  std::span<const virDomainStatsRecordPtr> all;
};

// virDomainListGetStats() of those `domains` that are active, which must not be empty, for `libvirt_bits` (of
// virDomainStatsTypes). Waits for the lock of each VM, and never with libvirtd's list of VMs locked. Nothing: it
// failed, see LastVirtError(). On the lane's thread.
std::optional<Records> GetStats(std::span<const virDomainPtr> domains, unsigned libvirt_bits, bool nowait);

}  // namespace vmtelem

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"
#include "libvirt/stats_cycle.h"
#include "libvirt/stuck_domains.h"
#include "model/snapshot.h"

namespace vmtelem {

// Completes a snapshot, which holds the answers of VMs, by the VMs that answered in part or not at all. For the
// collector's thread.
class SnapshotFiller {
 public:
  struct Parts {  // all must outlive the filler
    const StuckDomains& stuck;
    Clock& clock;
    const std::string& shown_uri;
  };
  explicit SnapshotFiller(const Parts& parts) : parts_(parts) {}

  // Tells a VM whose monitor hangs from a VM whose monitor another client used just then. For the first kind a call of
  // ours waits, or libvirt has reported for how long the monitor has been busy.
  void NoteMonitors(const CycleResult& result, Snapshot& snapshot) const;

  // Adds the VMs whose call failed or goes on.
  void AddUnread(const CycleResult& result, Snapshot& snapshot) const;

  // Adds the VMs, of `all` on the host, that were not asked because calls wait for their locks. A VM whose lock came
  // free at the end of the cycle is asked in the next. If most VMs wait, the daemon is stuck and no VM is to blame.
  void AddSetAside(const DomainRefs& set_aside, std::size_t all, Snapshot& snapshot) const;

 private:
  void NoteMonitor(DomainStats& domain, std::vector<Error>& problems) const;

  const Parts parts_;
};

}  // namespace vmtelem

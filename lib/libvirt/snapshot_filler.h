#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"
#include "libvirt/call_floors.h"
#include "libvirt/current_cycle.h"
#include "libvirt/domain_runs.h"
#include "libvirt/stuck_domains.h"
#include "model/snapshot.h"

namespace vmtelem {

// Fills a snapshot from the outcome of a cycle: with the VMs that answered, and with the VMs that answered in part or
// not at all. Numbers the VMs' runs. For the collector's thread.
class SnapshotFiller {
 public:
  struct Parts {  // the first two must outlive the filler
    const StuckDomains& stuck;
    Clock& clock;
    std::string shown_uri;
  };
  explicit SnapshotFiller(Parts parts) : parts_(std::move(parts)) {}

  // Replaces the snapshot's VMs and adds the problems of the calls.
  void TakeStats(std::vector<StatsResult>& stats, Snapshot& snapshot);

  // Tells a VM whose monitor hangs from a VM whose monitor another client used just then. For the first kind a call of
  // ours waits, or libvirt has reported for how long the monitor has been busy.
  void NoteMonitors(const CycleResult& result, Snapshot& snapshot) const;

  // Adds the VMs whose call failed or goes on.
  void AddUnread(const CycleResult& result, Snapshot& snapshot) const;

  // Adds the VMs, of `all` on the host, that were not asked because calls wait for their locks. A VM whose lock came
  // free at the end of the cycle is asked in the next. If most VMs wait, the daemon is stuck and no VM is to blame.
  void AddSetAside(const DomainRefs& set_aside, std::size_t all, Snapshot& snapshot) const;

  // Completes the snapshot, whose first `read` VMs have answered.
  void Finish(std::size_t read, Snapshot& snapshot);

  // Ids of VMs may mean other runs from now on.
  void NoteNewDaemon() { runs_.NoteReconnected(); }

 private:
  void NoteMonitor(DomainStats& domain, std::vector<Error>& problems) const;
  void NoteBlocked(DomainStats& domain, SteadyTime since) const;

  const Parts parts_;
  DomainRuns runs_;
  CallFloors call_floors_;
};

}  // namespace vmtelem

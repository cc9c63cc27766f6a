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

// Adds to a snapshot, which has what VMs answered, what is known of those that did not: fully, or at all. For the
// collector's thread.
class SnapshotFiller {
 public:
  struct Parts {  // all must outlive the filler
    const StuckDomains& stuck;
    Clock& clock;
    const std::string& shown_uri;
  };
  explicit SnapshotFiller(const Parts& parts) : parts_(parts) {}

  // Tells a VM that does not answer its monitor from one that another client was just busy with. Of the first, a call
  // of ours waits, or libvirt has said for how long its monitor has been busy.
  void NoteMonitors(const CycleResult& result, Snapshot& snapshot) const;

  // VMs whose call failed, or goes on.
  void AddUnread(const CycleResult& result, Snapshot& snapshot) const;

  // VMs that were not asked, since calls wait for their locks, of `all` on the host. One whose lock came free at the
  // end of the cycle is asked in the next. Where most of them wait, it is the daemon that does not get on, and no VM is
  // to blame.
  void AddSetAside(const DomainRefs& set_aside, std::size_t all, Snapshot& snapshot) const;

 private:
  void NoteMonitor(DomainStats& domain, std::vector<Error>& problems) const;

  const Parts parts_;
};

}  // namespace vmtelem

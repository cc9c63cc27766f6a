#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/snapshot.h"

namespace vmtelem {

// Which VMs a list holds: those that run, or all.
enum class ListScope { kActive, kAll };

// The port to one hypervisor. One thread at a time calls it (the collector's, or main's); every call returns within
// the time-out that the implementation was given, whatever the hypervisor does.
class Source {
 public:
  virtual ~Source() = default;

  // The name of the hypervisor, as Snapshot::host: until it answers that of its URI or of this machine.
  [[nodiscard]] virtual const std::string& host() const = 0;

  // Fills `snapshot`, reusing its memory. Always sets host, stamp, cycle and the source's own counters. On an error
  // (kUnreachable, kTimeout, kDenied, ...: the hypervisor as a whole) up is false and there are no domains. A value
  // that a VM did not give is absent, and named in `problems`.
  virtual Result<void> Collect(Snapshot& snapshot) = 0;

  // The VMs that match the filter, ordered by name.
  virtual Result<std::vector<DomainInfo>> List(ListScope scope) = 0;

  // Ends a call in progress early, and every later one at once: they fail with kClosed. From any thread.
  virtual void Interrupt() noexcept = 0;

  // Ends all connections, waiting a short while. Gives the number of calls that have not returned even so: each holds a
  // thread that nothing could end, so the process can only leave by _exit. Only this may be called again, for those.
  virtual std::size_t Close() noexcept = 0;
};

}  // namespace vmtelem

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "libvirt/connection.h"
#include "libvirt/lane.h"
#include "libvirt/stats_reader.h"
#include "model/source.h"

namespace vmtelem {

// What one lane works on: a connection with all that hangs on it. Lives on the lane's thread; every call, and the
// destructor, may block for ever. Takes and gives plain values only. No call but Connect() before that has succeeded.
class Session {
 public:
  explicit Session(Nanoseconds device_cache_ttl) : device_cache_ttl_(device_cache_ttl) {}

  // Drops the connection, if there is one, and makes it anew. Gives the hypervisor's own hostname if it tells.
  Result<std::optional<std::string>> Connect(const std::string& uri);

  // The statistics of the running VMs that match; reuses the memory of `answer`. kUnreachable: the connection is lost.
  Result<Answer> Collect(StatsGroups groups, const DomainFilter& filter, Answer answer, LaneClock& clock);

  // The VMs that match, in no order, without their host. Of one whose information cannot be read, the state is -1.
  Result<std::vector<DomainInfo>> List(ListScope scope, const DomainFilter& filter, LaneClock& clock);

 private:
  [[nodiscard]] Result<std::vector<DomainHandle>> Matching(unsigned list_flags, const DomainFilter& filter) const;

  Nanoseconds device_cache_ttl_;
  std::optional<Connection> connection_;
  std::optional<StatsReader> reader_;  // refers to the connection
};

}  // namespace vmtelem

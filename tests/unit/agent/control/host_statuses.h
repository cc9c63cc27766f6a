#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/collectors.h"

namespace vmtelem {

inline DomainStats VmNamed(const std::string& name) {
  DomainStats domain;
  domain.name = name;
  domain.uuid = "uuid-of-" + name;
  domain.state = 1;
  return domain;
}

// A hypervisor that answered in its last cycle, with these VMs.
inline HostStatus HostWith(const std::string& host, std::vector<DomainStats> domains) {
  auto sample = std::make_shared<HostSample>();
  sample->snapshot.host = host;
  sample->snapshot.up = true;
  sample->snapshot.domains = std::move(domains);
  sample->derived.resize(sample->snapshot.domains.size());
  HostStatus status;
  status.uri = "fake:///" + host;
  status.stats.host = host;
  status.stats.up = true;
  status.latest = std::move(sample);
  return status;
}

}  // namespace vmtelem

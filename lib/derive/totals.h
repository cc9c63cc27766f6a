#pragma once

#include <string>
#include <vector>

#include "model/derived.h"
#include "model/snapshot.h"

namespace vmtelem {

// Names of the devices of a VM that had counters since the VM started. One of them that is listed without counters
// owes its part, but for a drive that was emptied; a device that never had any (a vhost-user disk) does not.
struct DevicesWithCounters {
  std::vector<std::string> nics, disks;

  // Adds the devices that have counters, forgets those that are listed no more.
  void Update(const DomainStats& domain);
  void Clear();
};

// Sets the totals of `derived`: sums over the devices that have counters and over all vCPUs, absent where a part is
// missing (a device owes it, could not be read, or does not know the counter) or there is nothing to add up. Pure.
void FillTotals(const DomainStats& domain, const DevicesWithCounters& known, DomainDerived& derived);

}  // namespace vmtelem

#pragma once

#include <string>
#include <vector>

#include "model/derived.h"
#include "model/snapshot.h"

namespace vmtelem {

// Names of the devices of a VM that had counters since the VM started. If such a device is listed without counters now,
// a part of the sum is missing, unless its drive was emptied. A device that never had any (a vhost-user disk) has no
// part.
struct DevicesWithCounters {
  std::vector<std::string> nics, disks;

  // Adds the devices that have counters, forgets devices that are listed no more.
  void Update(const DomainStats& domain);
  void Clear();
};

// Sets the totals of `derived`: sums over the devices that have counters and over all vCPUs, absent where a part is
// missing (see above, or a device could not be read or does not know the counter) or there is nothing to add up. Pure.
void FillTotals(const DomainStats& domain, const DevicesWithCounters& known, DomainDerived& derived);

}  // namespace vmtelem

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vmtelem {

// A disk drive of a VM.
struct DiskDevice {
  std::string target;  // e.g. vda
  // False: an empty CD-ROM or floppy drive. It has no counters, though some drivers invent them.
  bool has_medium = false;
};

// The devices of a VM that have counters.
struct DomainDevices {
  std::vector<std::string> nics;  // target device names on the host, e.g. vnet0
  std::vector<DiskDevice> disks;
};

// The devices in the XML of a running domain, in its order. A device without a target name cannot be asked for and is
// left out. If several NICs or disks share a name, as NICs do in some SR-IOV setups, the first is listed: calls go by
// that name, so all of them have its counters. XML that does not parse, or describes something else, has no devices.
// Pure.
DomainDevices ParseDevices(std::string_view xml);

}  // namespace vmtelem

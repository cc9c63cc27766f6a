#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vmtelem {

struct DiskDevice {
  std::string target;  // e.g. vda
  // False: an empty CD-ROM or floppy drive. It has no counters, though some drivers invent them.
  bool has_medium = false;
};

struct DomainDevices {
  std::vector<std::string> nics;  // target device names on the host, e.g. vnet0
  std::vector<DiskDevice> disks;
};

// The devices in the XML of a running domain, in its order. One without a target name cannot be asked for and is left
// out. Of several NICs or disks with one name, as NICs have it in some SR-IOV setups, the first is listed: they are
// asked for by that name, so that all of them have its counters. XML that does not parse, or is of something else, has
// no devices. Pure.
DomainDevices ParseDevices(std::string_view xml);

}  // namespace vmtelem

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "libvirt/read/domain_xml.h"

// Any bytes give a list of devices; each of them has a name of its own.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto devices = vmtelem::ParseDevices({reinterpret_cast<const char*>(data), size});
  std::set<std::string> nics, disks;
  for (const auto& nic : devices.nics) {
    if (nic.empty() || !nics.insert(nic).second) std::abort();
  }
  for (const auto& disk : devices.disks) {
    if (disk.target.empty() || !disks.insert(disk.target).second) std::abort();
  }
  return 0;
}

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libvirt/domain_xml.h"

// Any bytes give a list of devices; each of them has a name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto devices = vmtelem::ParseDevices({reinterpret_cast<const char*>(data), size});
  for (const auto& nic : devices.nics) {
    if (nic.empty()) std::abort();
  }
  for (const auto& disk : devices.disks) {
    if (disk.target.empty()) std::abort();
  }
  return 0;
}

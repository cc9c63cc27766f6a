#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "config/connect_file.h"

namespace {

bool IsBlank(unsigned char byte) { return byte <= ' ' || byte == 0x7F; }

bool IsFit(const vmtelem::Hypervisor& hypervisor) {
  const std::string all = hypervisor.name + hypervisor.uri;
  return std::none_of(all.begin(), all.end(), IsBlank) && hypervisor.uri.find(':') != std::string::npos &&
         hypervisor.name.size() <= 253 && vmtelem::RepairUtf8(hypervisor.name) == hypervisor.name;
}

}  // namespace

// Any bytes give hypervisors that a tag and libvirt can take, in the order of their lines, or faults of one line each.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = vmtelem::ParseConnectFile({reinterpret_cast<const char*>(data), size}, "hosts");
  if (file.entries.empty() && file.faults.empty()) std::abort();
  std::size_t line = 0;
  for (const auto& entry : file.entries) {
    if (!IsFit(entry.hypervisor) || entry.line <= line) std::abort();
    line = entry.line;
  }
  for (const auto& fault : file.faults) {
    if (fault.find('\n') != std::string::npos) std::abort();
  }
  return 0;
}

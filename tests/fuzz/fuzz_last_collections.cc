#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "encode/agent_metrics.h"
#include "encode/last_collections.h"

namespace {

void Check(std::string_view text) {
  const auto found = vmtelem::ReadLastCollections(text);
  std::vector<vmtelem::LastCollection> collections;
  for (const auto& [host, timestamp_s] : found) {
    if (!std::isfinite(timestamp_s) || std::signbit(timestamp_s)) std::abort();
    collections.push_back({host, timestamp_s});
  }
  if (vmtelem::ReadLastCollections(vmtelem::LastCollectionsText(collections)) != found) std::abort();
}

}  // namespace

// Any file gives times that are numbers, and those, written as this program writes them, are read as the same. So does
// any sample of the family.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(text);
  Check("vmtelem_hypervisor_last_collection_timestamp_seconds{host=\"" + std::string(text));
  return 0;
}

#include "libvirt/api/bulk_call.h"

#include <cstddef>
#include <vector>

namespace vmtelem {

std::optional<Records> GetStats(std::span<const virDomainPtr> domains, unsigned libvirt_bits, bool nowait) {
  std::vector<virDomainPtr> pointers(domains.begin(), domains.end());
  pointers.push_back(nullptr);
  // ACTIVE, because for a VM that has just been shut off libvirtd would open its disk images. NOWAIT, because without
  // it one VM that is busy for another client costs up to 30 s.
  unsigned flags = VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE;
  if (nowait) flags |= VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;
  virDomainStatsRecordPtr* records = nullptr;
  const int count = virDomainListGetStats(pointers.data(), libvirt_bits, &records, flags);
  if (count < 0) return std::nullopt;
  return Records{RecordsHandle(records), {records, static_cast<std::size_t>(count)}};
}

}  // namespace vmtelem

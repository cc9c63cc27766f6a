#include "libvirt/read/device_cache.h"

#include <unordered_set>

#include "libvirt/api/phase.h"

namespace vmtelem {

DomainRefs DeviceCache::Due(const DomainRefs& domains, SteadyTime now) const {
  DomainRefs due;
  for (const auto& domain : domains) {
    const auto read_at = read_at_.find(domain->uuid);
    const bool fresh =
        read_at != read_at_.end() && now - read_at->second < SpreadBetween(ttl_ - ttl_ / 4, ttl_, domain->uuid);
    if (!fresh || FindDevices(*table_, domain->uuid, domain->id) == nullptr) due.push_back(domain);
  }
  return due;
}

void DeviceCache::Put(const DeviceTable& read, SteadyTime now) {
  if (read.empty()) return;
  auto changed = std::make_shared<DeviceTable>(*table_);
  for (const auto& [uuid, known] : read) {
    (*changed)[uuid] = known;
    read_at_[uuid] = now;
  }
  table_ = std::move(changed);
}

void DeviceCache::MarkStale(const std::string& uuid) { read_at_.erase(uuid); }

void DeviceCache::Keep(const DomainRefs& domains) {
  if (table_->size() <= domains.size()) return;
  std::unordered_set<std::string> kept;
  for (const auto& domain : domains) kept.insert(domain->uuid);
  auto changed = std::make_shared<DeviceTable>(*table_);
  std::erase_if(*changed, [&](const auto& item) { return !kept.contains(item.first); });
  std::erase_if(read_at_, [&](const auto& item) { return !kept.contains(item.first); });
  table_ = std::move(changed);
}

const DomainDevices* FindDevices(const DeviceTable& table, const std::string& uuid,
                                 std::optional<std::int64_t> domain_id) {
  const auto found = table.find(uuid);
  return found == table.end() || found->second.domain_id != domain_id ? nullptr : &found->second.devices;
}

}  // namespace vmtelem

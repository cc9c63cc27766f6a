#include "libvirt/device_cache.h"

#include <utility>

namespace vmtelem {

const DomainDevices* DeviceCache::Find(const DomainStats& domain, SteadyTime now) const {
  const auto found = entries_.find(domain.uuid);
  if (found == entries_.end()) return nullptr;
  const Entry& entry = found->second;
  const bool valid = entry.domain_id == domain.domain_id && now - entry.read_at < ttl_;
  return valid ? &entry.devices : nullptr;
}

const DomainDevices& DeviceCache::Put(const DomainStats& domain, DomainDevices devices, SteadyTime now) {
  RemoveExpired(now);
  Entry& entry = entries_[domain.uuid];
  entry = {std::move(devices), domain.domain_id, now};
  return entry.devices;
}

// VMs that are gone are never asked for again; this keeps the cache as large as the VMs of one time to live.
void DeviceCache::RemoveExpired(SteadyTime now) {
  std::erase_if(entries_, [&](const auto& item) { return now - item.second.read_at >= ttl_; });
}

}  // namespace vmtelem

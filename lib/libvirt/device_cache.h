#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "libvirt/domain_xml.h"
#include "model/snapshot.h"

namespace vmtelem {

// The devices of each VM out of its XML, which is too dear to fetch for every sample. Not thread-safe; knows no
// libvirt.
class DeviceCache {
 public:
  explicit DeviceCache(Nanoseconds ttl) : ttl_(ttl) {}

  // Null: not known, older than the time to live, or of an earlier run of the VM. Valid until the next call.
  [[nodiscard]] const DomainDevices* Find(const DomainStats& domain, SteadyTime now) const;
  const DomainDevices& Put(const DomainStats& domain, DomainDevices devices, SteadyTime now);
  void Forget(const std::string& uuid) { entries_.erase(uuid); }

 private:
  struct Entry {
    DomainDevices devices;
    std::optional<std::int64_t> domain_id;
    SteadyTime read_at;
  };
  void RemoveExpired(SteadyTime now);

  Nanoseconds ttl_;
  std::unordered_map<std::string, Entry> entries_;  // by UUID
};

}  // namespace vmtelem

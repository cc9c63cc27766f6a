#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"
#include "libvirt/read/domain_xml.h"

namespace vmtelem {

// The devices of a VM, as its XML named them during one run.
struct KnownDevices {
  DomainDevices devices;
  std::optional<std::int64_t> domain_id;
};
using DeviceTable = std::unordered_map<std::string, KnownDevices>;  // by UUID

// Remembers the devices of the VMs, for drivers that have to be asked for each device. Reading the XML for every sample
// would cost too much; the cache decides when to read it again. One thread; knows no libvirt.
class DeviceCache {
 public:
  explicit DeviceCache(Nanoseconds ttl) : ttl_(ttl) {}

  // The VMs whose XML is to be read: not known, of an earlier run, older than the time to live, or marked as stale. The
  // VMs that were read together are not all due together: some are after three quarters of the time to live.
  [[nodiscard]] DomainRefs Due(const DomainRefs& domains, SteadyTime now) const;

  void Put(const DeviceTable& read, SteadyTime now);
  void MarkStale(const std::string& uuid);
  // Forgets all VMs but `domains`.
  void Keep(const DomainRefs& domains);

  // For other threads; a later change makes a new one.
  [[nodiscard]] std::shared_ptr<const DeviceTable> table() const { return table_; }

 private:
  Nanoseconds ttl_;
  std::shared_ptr<const DeviceTable> table_ = std::make_shared<DeviceTable>();
  std::unordered_map<std::string, SteadyTime> read_at_;  // by UUID; stale ones are not in it
};

// Null if the devices of this run are not known.
const DomainDevices* FindDevices(const DeviceTable& table, const std::string& uuid,
                                 std::optional<std::int64_t> domain_id);

}  // namespace vmtelem

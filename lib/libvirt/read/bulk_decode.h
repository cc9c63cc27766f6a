#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <libvirt/libvirt.h>

#include "libvirt/read/values.h"
#include "model/hypervisor.h"
#include "model/snapshot.h"

namespace vmtelem {

// Turns the typed parameters of one virDomainStatsRecord into counters. Their names are those of
// virConnectGetAllDomainStats(3); unknown ones are ignored, since every libvirt brings new ones. One thread; keeps its
// scratch memory between calls.
class BulkDecoder {
 public:
  // Fills the counters of `stats`, which has none, and returns the groups that had any key. NICs
  // and disks are told apart by the index in the key, which may have gaps; they are listed under their name, and of
  // several of one name (a disk and its backing chain, NICs in some SR-IOV setups) the first is the device.
  StatsGroups Decode(std::span<const virTypedParameter> parameters, DomainStats& stats);

  // Since the decoder was made.
  [[nodiscard]] std::uint64_t values_out_of_range() const { return values_.out_of_range(); }

 private:
  StatsGroups DecodeOne(const virTypedParameter& parameter, DomainStats& stats);
  void DecodeCpu(std::string_view key, const virTypedParameter& parameter, DomainStats& stats);
  void DecodeBalloon(std::string_view key, const virTypedParameter& parameter, DomainStats& stats);
  void DecodeVcpu(std::string_view key, const virTypedParameter& parameter, DomainStats& stats);
  void DecodeNic(std::string_view key, const virTypedParameter& parameter, DomainStats& stats);
  void DecodeDisk(std::string_view key, const virTypedParameter& parameter, DomainStats& stats);

  ValueReader values_;
  std::vector<unsigned> nic_indices_, disk_indices_;  // parallel to stats.nics and stats.disks while decoding
};

// Whether any value is there that comes from QEMU's monitor; libvirt's qemu driver leaves these out when another client
// holds the VM's job.
bool HasMonitorFields(const DomainStats& stats);
// Whether the balloon's values that need no monitor are there and those from the monitor are not. Disks are no
// evidence: an empty disk and a vhost-user disk never have counters.
bool LacksMonitorFields(const DomainStats& stats);

}  // namespace vmtelem

#pragma once

#include <bitset>
#include <string>
#include <vector>

#include <libvirt/libvirt.h>

#include "base/result.h"
#include "libvirt/api/virt_error.h"
#include "libvirt/read/domain_xml.h"
#include "libvirt/read/values.h"
#include "model/hypervisor.h"
#include "model/snapshot.h"

namespace vmtelem {

// Reads a VM by one call per kind of value, for drivers whose bulk statistics lack it (test, lxc, libxl, bhyve ...).
// Belongs to one connection and remembers which calls its driver lacks, so that each value has one source as long as
// the connection lives. On the lane's thread.
class DomainCalls {
 public:
  // Adds `groups` to `stats`, whose identity is set. False: the VM is not running any more. Values that the driver or
  // this VM lacks stay absent; so do values whose call failed, and the error goes to `problems`. Null `devices` are not
  // known yet.
  bool Read(virDomainPtr domain, StatsGroups groups, DomainStats& stats, const DomainDevices* devices,
            std::vector<Error>& problems);

  // Adds the values of `groups` that QEMU's driver knows without the monitor, but leaves out of bulk statistics without
  // it.
  bool ReadWithoutMonitor(virDomainPtr domain, StatsGroups groups, DomainStats& stats, std::vector<Error>& problems);

  // Counts values of Read(), since this was made.
  [[nodiscard]] std::uint64_t values_out_of_range() const { return values_.out_of_range(); }

 private:
  enum class Call {
    kState,
    kInfo,
    kCpuStats,
    kVcpus,
    kVcpusMax,
    kMemoryStats,
    kInterfaceStats,
    kBlockStatsFlags,
    kBlockStats,
    kBlockInfo,
    kCount
  };
  // One VM while it is being read.
  struct Reading {
    virDomainPtr domain;
    DomainStats& stats;
    std::vector<Error>& problems;
    bool gone = false;
  };

  // Makes a call unless the driver does not have it. True: it succeeded. `device` is for the message.
  template <class Function>
  bool Try(Call call, Reading& reading, const std::string& device, Function function);
  void NoteFailure(Call call, Reading& reading, const std::string& device);

  void ReadState(Reading& reading);
  void ReadInfo(Reading& reading, StatsGroups groups);
  Counter ReadCpu(Reading& reading);
  void ReadVcpus(Reading& reading);
  void ReadMemory(Reading& reading);
  void ReadDevices(Reading& reading, StatsGroups groups, const DomainDevices& devices);
  void ReadNic(Reading& reading, const std::string& device);
  void ReadDisk(Reading& reading, const DiskDevice& device);
  bool ReadBlockStatsFlags(Reading& reading, DiskStats& disk);
  void ReadBlockStats(Reading& reading, DiskStats& disk);
  void ReadBlockInfo(Reading& reading, DiskStats& disk);

  std::bitset<static_cast<std::size_t>(Call::kCount)> missing_;
  ValueReader values_;
};

}  // namespace vmtelem

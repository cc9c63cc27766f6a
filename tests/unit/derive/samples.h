#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "model/snapshot.h"

namespace vmtelem {

inline NicStats Nic(std::string device, std::uint64_t value) {
  NicStats nic{std::move(device), {}};
  nic.counters.fill(value);
  return nic;
}

inline DiskStats Disk(std::string device, std::uint64_t value) {
  DiskStats disk{std::move(device), {}, {}};
  disk.counters.fill(value);
  disk.counters[DiskCounter::kErrors].reset();
  return disk;
}

inline VcpuStats Vcpu(unsigned index, std::uint64_t value) {
  VcpuStats vcpu{index, 1, false, {}};
  vcpu.counters.fill(value);
  return vcpu;
}

// A running VM of two vCPUs, sampled `seconds` after some beginning.
inline DomainStats Running(double seconds) {
  DomainStats domain;
  domain.name = "web";
  domain.uuid = "11111111-2222-3333-4444-555555555555";
  domain.stamp.steady += std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(seconds));
  domain.incarnation = 1;
  domain.domain_id = 7;
  domain.state = 1;
  domain.vcpus = 2;
  return domain;
}

// A VM that is listed and gave no answer.
inline DomainStats Silent() {
  DomainStats domain;
  domain.name = "web";
  domain.uuid = "11111111-2222-3333-4444-555555555555";
  domain.domain_id = 7;
  return domain;
}

inline DomainStats With(DomainStats domain, NicStats nic) {
  domain.nics.push_back(std::move(nic));
  return domain;
}
inline DomainStats With(DomainStats domain, DiskStats disk) {
  domain.disks.push_back(std::move(disk));
  return domain;
}
inline DomainStats With(DomainStats domain, VcpuStats vcpu) {
  domain.vcpu_stats.push_back(vcpu);
  return domain;
}
inline DomainStats With(DomainStats domain, CpuCounter counter, std::uint64_t value) {
  domain.cpu[counter] = value;
  return domain;
}
inline DomainStats With(DomainStats domain, MemoryValue name, std::uint64_t value) {
  domain.memory[name] = value;
  return domain;
}

// A disk with a medium whose counters were not given.
inline DiskStats DiskWithoutCounters(const char* device) {
  DiskStats disk{device, {}, {}};
  disk.gauges[DiskGauge::kCapacityBytes] = 1;
  return disk;
}

}  // namespace vmtelem

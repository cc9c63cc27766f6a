#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "encode/names.h"
#include "encode/schema.h"
#include "model/snapshot.h"

// A series is the part of a line that stays the same: measurement and tags, "vm_nic,host=a,vm=b,uuid=c,device=vnet0".
// It is repaired and escaped once and kept, which is cheap and makes a series that is sent again the same to the byte.
namespace vmtelem {

// The host, or another object with one tag and one line.
class NamedSeries {
 public:
  NamedSeries(Measurement measurement, std::string_view key) : measurement_(measurement), key_(key) {}

  const std::string& Of(std::string_view name, NameRepairs& repairs);
  // The tag alone: ",host=a".
  [[nodiscard]] std::string_view tag() const;

 private:
  Measurement measurement_;
  std::string_view key_;
  std::string name_;    // before repair
  std::string series_;  // empty until the first call
};

// All series of one VM, parallel to its devices.
class DomainSeries {
 public:
  // `host_tag` as NamedSeries::tag() gives it. Allocates only if something is new or has another name.
  void Update(std::string_view host_tag, const DomainStats& domain, const EncodeOptions& options, NameRepairs& repairs);

  [[nodiscard]] const std::string& Of(Measurement measurement, std::size_t position) const;

 private:
  template <class Key>
  struct Device {
    Key key;  // before repair
    std::string series;
  };

  void Rebuild(std::string_view host_tag, const DomainStats& domain, NameRepairs& repairs);
  template <class Key, class Stats, class Tag>
  void Align(std::vector<Device<Key>>& cached, const std::vector<Stats>& devices, Measurement measurement,
             const Tag& append_tag);

  std::string host_tag_, name_;  // from which the series were made
  std::string tags_;             // ",host=a,vm=b,uuid=c"
  std::string totals_, features_;
  std::vector<Device<std::string>> nics_, disks_;
  std::vector<Device<unsigned>> vcpus_;
};

// The series of the VMs that are listed, forgotten with the VM.
class SeriesCache {
 public:
  const DomainSeries& Of(std::string_view host_tag, const DomainStats& domain, const EncodeOptions& options,
                         NameRepairs& repairs);
  // To be called when the series of all VMs of a snapshot have been used.
  void ForgetUnused();

 private:
  struct Entry {
    DomainSeries series;
    std::uint64_t used_in = 0;  // the last pass that asked for it
  };
  std::unordered_map<std::string, Entry> by_uuid_;
  std::uint64_t pass_ = 0;  // counts the snapshots
};

}  // namespace vmtelem

#include "encode/series.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace vmtelem {
namespace {

std::string SeriesText(Measurement measurement, std::string_view tags) {
  return std::string(kMeasurementNames[measurement]).append(tags);
}

}  // namespace

const std::string& NamedSeries::Of(std::string_view name, NameRepairs& repairs) {
  if (series_.empty() || name_ != name) {
    name_ = name;
    series_ = kMeasurementNames[measurement_];
    AppendTag(series_, key_, repairs.Repair(key_, name));
  }
  return series_;
}

std::string_view NamedSeries::tag() const {
  return std::string_view(series_).substr(kMeasurementNames[measurement_].size());
}

void DomainSeries::Rebuild(std::string_view host_tag, const DomainStats& domain, NameRepairs& repairs) {
  host_tag_ = host_tag;
  name_ = domain.name;
  tags_ = host_tag;
  AppendTag(tags_, "vm", repairs.Repair("VM", domain.name));
  AppendTag(tags_, "uuid", RepairName(domain.uuid));
  totals_ = SeriesText(Measurement::kTotals, tags_);
  features_ = SeriesText(Measurement::kFeatures, tags_);
  nics_.clear();
  disks_.clear();
  vcpus_.clear();
}

template <class Key, class Stats, class Tag>
void DomainSeries::Align(std::vector<Device<Key>>& cached, const std::vector<Stats>& devices, Measurement measurement,
                         const Tag& append_tag) {
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const auto& key = KeyOf(devices[i]);
    if (i < cached.size() && cached[i].key == key) continue;
    const auto here = cached.begin() + static_cast<std::ptrdiff_t>(i);
    const auto found = std::find_if(here, cached.end(), [&](const Device<Key>& device) { return device.key == key; });
    if (found != cached.end()) {
      std::swap(*here, *found);
      continue;
    }
    Device<Key> device{key, SeriesText(measurement, tags_)};
    append_tag(device.series, key);
    cached.insert(here, std::move(device));
  }
  cached.erase(cached.begin() + static_cast<std::ptrdiff_t>(devices.size()), cached.end());
}

void DomainSeries::Update(std::string_view host_tag, const DomainStats& domain, const EncodeOptions& options,
                          NameRepairs& repairs) {
  if (tags_.empty() || host_tag_ != host_tag || name_ != domain.name) Rebuild(host_tag, domain, repairs);
  const auto append_device = [&](std::string& series, const std::string& name) {
    AppendTag(series, "device", repairs.Repair("device", name));
  };
  Align(nics_, domain.nics, Measurement::kNic, append_device);
  Align(disks_, domain.disks, Measurement::kDisk, append_device);
  if (!options.per_vcpu) return;
  Align(vcpus_, domain.vcpu_stats, Measurement::kVcpu,
        [](std::string& series, unsigned index) { AppendTag(series, "vcpu", fmt::format_int(index).c_str()); });
}

const std::string& DomainSeries::Of(Measurement measurement, std::size_t position) const {
  switch (measurement) {
    case Measurement::kNic:
      return nics_[position].series;
    case Measurement::kDisk:
      return disks_[position].series;
    case Measurement::kVcpu:
      return vcpus_[position].series;
    case Measurement::kFeatures:
      return features_;
    default:
      return totals_;
  }
}

const DomainSeries& SeriesCache::Of(std::string_view host_tag, const DomainStats& domain, const EncodeOptions& options,
                                    NameRepairs& repairs) {
  Entry& entry = by_uuid_.try_emplace(domain.uuid).first->second;
  entry.used_in = pass_;
  entry.series.Update(host_tag, domain, options, repairs);
  return entry.series;
}

void SeriesCache::ForgetUnused() {
  std::erase_if(by_uuid_, [&](const auto& entry) { return entry.second.used_in != pass_; });
  ++pass_;
}

}  // namespace vmtelem

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "encode/schema.h"

// The lines of a VM and of a hypervisor, in the order in which they are written. Inside encode/ only.
namespace vmtelem {

// A FieldWriter that begins and ends lines. A series is a measurement with its tags, in the form that the writer wants;
// a line without a field is not written.
template <class W, class Series>
concept LineWriter = FieldWriter<W> && requires(W writer, const Series& series) {
  writer.Begin(series, std::int64_t{});
  writer.End();
};

// The type in which a set of series gives one.
template <class SeriesSet>
using SeriesOf = decltype(std::declval<const SeriesSet&>().Of(Measurement{}, std::size_t{}));

// The stamp of a VM that gave no answer may never have been set; its line then belongs to the cycle.
inline std::int64_t WallNs(const Snapshot& snapshot, const DomainStats& domain) {
  return domain.stamp.wall_ns != 0 ? domain.stamp.wall_ns : snapshot.stamp.wall_ns;
}

// Derived values of the device at `position`; none are known if the list is shorter than that of the devices.
template <class Values>
typename Values::value_type DerivedAt(const Values& values, std::size_t position) {
  return position < values.size() ? values[position] : typename Values::value_type{};
}

// Writes all lines of one VM. `series.Of(measurement, position)` gives the series of the device at that position. Both
// references must outlive it.
template <class W, class SeriesSet>
requires LineWriter<W, SeriesOf<SeriesSet>>
class DomainWalk {
 public:
  DomainWalk(W& writer, const SeriesSet& series, std::int64_t wall_ns)
      : writer_(writer), series_(series), wall_ns_(wall_ns) {}

  void Write(const DomainStats& domain, const DomainDerived& derived, const EncodeOptions& options) {
    Line(Measurement::kTotals, 0, [&] { WriteTotals(writer_, domain, derived); });
    for (std::size_t i = 0; i < domain.nics.size(); ++i) {
      Line(Measurement::kNic, i, [&] { WriteNic(writer_, domain.nics[i], DerivedAt(derived.nic_rates, i)); });
    }
    for (std::size_t i = 0; i < domain.disks.size(); ++i) {
      Line(Measurement::kDisk, i, [&] { WriteDisk(writer_, domain.disks[i], DerivedAt(derived.disk_rates, i)); });
    }
    for (std::size_t i = 0; options.per_vcpu && i < domain.vcpu_stats.size(); ++i) {
      Line(Measurement::kVcpu, i,
           [&] { WriteVcpu(writer_, domain.vcpu_stats[i], DerivedAt(derived.vcpu_percents, i)); });
    }
    if (derived.has_features) Line(Measurement::kFeatures, 0, [&] { WriteFeatures(writer_, derived); });
  }

 private:
  template <class Fields>
  void Line(Measurement measurement, std::size_t position, const Fields& fields) {
    writer_.Begin(series_.Of(measurement, position), wall_ns_);
    fields();
    writer_.End();
  }

  W& writer_;
  const SeriesSet& series_;
  std::int64_t wall_ns_;
};

}  // namespace vmtelem

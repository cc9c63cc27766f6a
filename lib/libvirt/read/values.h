#pragma once

#include <cstdint>
#include <optional>

#include <libvirt/libvirt.h>

#include "model/counters.h"

namespace vmtelem {

// Turns libvirt's numbers into counters, and counts numbers above 2^63-1: they are sentinels, and the database has no
// room for them. One thread.
class ValueReader {
 public:
  Counter InRange(std::uint64_t value);
  Counter BytesOfKib(std::uint64_t kib);
  // A whole number of whatever type the parameter happens to have. Absent: a negative number (libvirt's "unknown"), a
  // string, or a number out of range.
  Counter CounterOf(const virTypedParameter& parameter);

  [[nodiscard]] std::uint64_t out_of_range() const { return out_of_range_; }

 private:
  Counter OfDouble(double value);

  std::uint64_t out_of_range_ = 0;
};

// libvirt's -1 for "unknown", in calls that give signed numbers.
Counter KnownOf(long long value);

// A small number: a state, a reason, a flag.
std::optional<int> IntOf(const virTypedParameter& parameter);

}  // namespace vmtelem

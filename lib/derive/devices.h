#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/counters.h"
#include "model/snapshot.h"

// What NICs, disks and vCPUs have in common: a set of counters, and sums that are of all or of none. Inside
// derive/ only.
namespace vmtelem {

template <class Device>
bool HasCounters(const Device& device) {
  return std::any_of(device.counters.begin(), device.counters.end(), [](const Counter& c) { return c.has_value(); });
}

template <class Device>
std::ptrdiff_t CountWithCounters(const std::vector<Device>& devices) {
  return std::count_if(devices.begin(), devices.end(), HasCounters<Device>);
}

// The device with the key of `wanted`, nullptr if there is none. Devices rarely move, so its `position` is tried first.
template <class Device>
const Device* FindSame(const std::vector<Device>& devices, const Device& wanted, std::size_t position) {
  const auto same = [&](const Device& device) { return KeyOf(device) == KeyOf(wanted); };
  if (position < devices.size() && same(devices[position])) return &devices[position];
  const auto found = std::find_if(devices.begin(), devices.end(), same);
  return found == devices.end() ? nullptr : &*found;
}

// Absent as soon as a part is absent, or when the sum does not fit.
inline Counter Sum(const Counter& a, const Counter& b) {
  std::uint64_t sum = 0;
  if (!a || !b || __builtin_add_overflow(*a, *b, &sum)) return std::nullopt;
  return sum;
}

// `sum` is empty until the first part comes.
template <class Counters>
void AddTo(std::optional<Counters>& sum, const Counters& part) {
  if (!sum) {
    sum = part;
    return;
  }
  for (std::size_t i = 0; i < part.size(); ++i) (*sum)[i] = Sum((*sum)[i], part[i]);
}

}  // namespace vmtelem

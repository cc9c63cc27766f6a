#include "libvirt/read/values.h"

#include <limits>

namespace vmtelem {
namespace {

constexpr std::uint64_t kMaxValue = std::numeric_limits<std::int64_t>::max();

}  // namespace

Counter ValueReader::InRange(std::uint64_t value) {
  if (value <= kMaxValue) return value;
  ++out_of_range_;
  return std::nullopt;
}

Counter ValueReader::BytesOfKib(std::uint64_t kib) {
  if (kib <= kMaxValue / 1024) return kib * 1024;
  ++out_of_range_;
  return std::nullopt;
}

Counter ValueReader::OfDouble(double value) {
  constexpr double kTooLarge = 9223372036854775808.0;  // 2^63
  if (!(value >= 0)) return std::nullopt;              // NaN too
  if (value < kTooLarge) return static_cast<std::uint64_t>(value);
  ++out_of_range_;
  return std::nullopt;
}

Counter ValueReader::CounterOf(const virTypedParameter& parameter) {
  switch (parameter.type) {
    case VIR_TYPED_PARAM_INT:
      return KnownOf(parameter.value.i);
    case VIR_TYPED_PARAM_UINT:
      return parameter.value.ui;
    case VIR_TYPED_PARAM_LLONG:
      return KnownOf(parameter.value.l);
    case VIR_TYPED_PARAM_ULLONG:
      return InRange(parameter.value.ul);
    case VIR_TYPED_PARAM_DOUBLE:
      return OfDouble(parameter.value.d);
    case VIR_TYPED_PARAM_BOOLEAN:
      return parameter.value.b != 0 ? 1 : 0;
    default:
      return std::nullopt;
  }
}

Counter KnownOf(long long value) {
  if (value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

std::optional<int> IntOf(const virTypedParameter& parameter) {
  const Counter value = ValueReader().CounterOf(parameter);
  if (!value || *value > std::uint64_t{std::numeric_limits<int>::max()}) return std::nullopt;
  return static_cast<int>(*value);
}

}  // namespace vmtelem

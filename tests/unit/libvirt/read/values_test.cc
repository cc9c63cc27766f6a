#include "libvirt/read/values.h"

#include <limits>

#include <catch2/catch.hpp>

#include "unit/libvirt/typed_parameters.h"

namespace vmtelem {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST_CASE("a number is read whatever its type") {
  TypedParameters parameters;
  parameters.Int("i", 1).Uint("u", 4'000'000'000U).Llong("l", 3).Ullong("U", kMax).Double("d", 5.9).Boolean("b", true);
  ValueReader reader;
  std::vector<Counter> values;
  for (const auto& parameter : parameters.all()) values.push_back(reader.CounterOf(parameter));
  CHECK(values == std::vector<Counter>{1U, 4'000'000'000U, 3U, kMax, 5U, 1U});
  CHECK(reader.out_of_range() == 0);
}

TEST_CASE("a negative number is unknown, which is neither zero nor out of range") {
  TypedParameters parameters;
  parameters.Int("i", -1).Llong("l", -1).Double("d", -1.0);
  ValueReader reader;
  for (const auto& parameter : parameters.all()) CHECK_FALSE(reader.CounterOf(parameter).has_value());
  CHECK(reader.out_of_range() == 0);
}

TEST_CASE("a number above 2^63-1 is left out and counted") {
  TypedParameters parameters;
  parameters.Ullong("U", kMax + 1).Ullong("V", std::numeric_limits<std::uint64_t>::max()).Double("d", 9.3e18);
  parameters.Double("e", std::numeric_limits<double>::infinity());
  ValueReader reader;
  for (const auto& parameter : parameters.all()) CHECK_FALSE(reader.CounterOf(parameter).has_value());
  CHECK(reader.out_of_range() == 4);
}

TEST_CASE("a parameter that is not a number gives no value") {
  TypedParameters parameters;
  parameters.String("s", "17").Double("d", std::numeric_limits<double>::quiet_NaN());
  ValueReader reader;
  for (const auto& parameter : parameters.all()) CHECK_FALSE(reader.CounterOf(parameter).has_value());
}

TEST_CASE("zero is a value") {
  TypedParameters parameters;
  parameters.Ullong("U", 0);
  CHECK(ValueReader().CounterOf(parameters.all()[0]) == 0U);
  CHECK(KnownOf(0) == 0U);
}

TEST_CASE("a state that does not fit an int is unknown") {
  TypedParameters parameters;
  parameters.Ullong("state", 1ULL << 31).Int("reason", -1);
  CHECK_FALSE(IntOf(parameters.all()[0]).has_value());
  CHECK_FALSE(IntOf(parameters.all()[1]).has_value());
}

}  // namespace
}  // namespace vmtelem

#include "base/text_hash.h"

#include <algorithm>
#include <array>

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace vmtelem {
namespace {

TEST_CASE("the hash of a text is that of FNV-1a, wherever it is built") {
  CHECK(HashOf("") == 0xcbf29ce484222325);
  CHECK(HashOf("a") == 0xaf63dc4c8601ec8c);
  CHECK(HashOf("foobar") == 0x85944171f73967e8);
}

TEST_CASE("names that differ in a digit lie all over the circle") {
  std::array<int, 10> in_tenth{};
  for (int number = 1; number <= 500; ++number) {
    const double phase = PhaseOf(fmt::format("kvm{:03}.example.org", number));
    REQUIRE(phase >= 0);
    REQUIRE(phase < 1);
    ++in_tenth.at(static_cast<std::size_t>(phase * 10));
  }
  CHECK(*std::min_element(in_tenth.begin(), in_tenth.end()) > 25);
  CHECK(*std::max_element(in_tenth.begin(), in_tenth.end()) < 75);
}

}  // namespace
}  // namespace vmtelem

#include "base/duration_histogram.h"

#include <vector>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint64_t> AtMostEach(const DurationHistogram& histogram) {
  std::vector<std::uint64_t> counts;
  for (std::size_t bound = 0; bound < DurationHistogram::kBounds.size(); ++bound) {
    counts.push_back(histogram.AtMost(bound));
  }
  return counts;
}

TEST_CASE("a histogram in which nothing was counted is all zero") {
  const DurationHistogram histogram;
  CHECK(AtMostEach(histogram) == std::vector<std::uint64_t>(11, 0));
  CHECK(histogram.count() == 0);
  CHECK(histogram.sum() == 0ns);
}

TEST_CASE("a duration counts for its own bound and all above it") {
  DurationHistogram histogram;
  histogram.Count(70ms);
  CHECK(AtMostEach(histogram) == std::vector<std::uint64_t>{0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("a duration that is just a bound counts for it, and one that is a nanosecond longer does not") {
  DurationHistogram histogram;
  histogram.Count(5ms);
  histogram.Count(5ms + 1ns);
  CHECK(histogram.AtMost(0) == 1);
  CHECK(histogram.AtMost(1) == 2);
}

TEST_CASE("a duration beyond all bounds counts for none of them and for the number and the sum") {
  DurationHistogram histogram;
  histogram.Count(10s);
  histogram.Count(10s + 1ns);
  CHECK(histogram.AtMost(10) == 1);
  CHECK(histogram.count() == 2);
  CHECK(histogram.sum() == 20s + 1ns);
}

}  // namespace
}  // namespace vmtelem

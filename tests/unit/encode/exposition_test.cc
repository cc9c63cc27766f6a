#include "encode/exposition.h"

#include <clocale>
#include <cstdint>
#include <limits>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

std::string Number(double value) {
  Exposition out;
  out.Begin({"a", "gauge", "A."});
  out.Sample("", value);
  const std::string text = out.Take();
  return text.substr(text.rfind(' ') + 1);
}

TEST_CASE("a family without a sample is not mentioned") {
  Exposition out;
  out.Begin({"a", "gauge", "A."});
  out.Single({"b", "gauge", "B."}, std::optional<double>());
  CHECK(out.Take().empty());
}

TEST_CASE("a family is announced before its first sample") {
  Exposition out;
  out.Begin({"a_total", "counter", "A."});
  out.Sample("x=\"1\"", 1);
  out.Sample("x=\"2\"", 2);
  CHECK(out.Take() == "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"1\"} 1\na_total{x=\"2\"} 2\n");
}

TEST_CASE("the largest count loses nothing") {
  Exposition out;
  out.Single({"a", "gauge", "A."}, std::optional(std::numeric_limits<std::uint64_t>::max()));
  CHECK(out.Take() == "# HELP a A.\n# TYPE a gauge\na 18446744073709551615\n");
}

TEST_CASE("a number reads back as the same") {
  CHECK(Number(0.1) == "0.1\n");
  CHECK(Number(1.0 / 3) == "0.3333333333333333\n");
  CHECK(Number(1'700'000'000.25) == "1700000000.25\n");
  CHECK(Number(5e-324) == "5e-324\n");
}

TEST_CASE("a number is the same in every locale") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"de_DE.UTF-8", "de_DE", "C.UTF-8"}) {
    std::setlocale(LC_ALL, locale);
    CHECK(Number(1234.5) == "1234.5\n");
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("a histogram has a sample of each bound, of all, of the sum and of the number") {
  DurationHistogram durations;
  durations.Count(7ms);
  durations.Count(1s);
  durations.Count(1s);
  durations.Count(11s);
  Exposition out;
  out.Begin({"a_seconds", "histogram", "A."});
  out.Histogram("host=\"h\"", durations);
  CHECK(out.Take() ==
        "# HELP a_seconds A.\n"
        "# TYPE a_seconds histogram\n"
        "a_seconds_bucket{host=\"h\",le=\"0.005\"} 0\n"
        "a_seconds_bucket{host=\"h\",le=\"0.01\"} 1\n"
        "a_seconds_bucket{host=\"h\",le=\"0.025\"} 1\n"
        "a_seconds_bucket{host=\"h\",le=\"0.05\"} 1\n"
        "a_seconds_bucket{host=\"h\",le=\"0.1\"} 1\n"
        "a_seconds_bucket{host=\"h\",le=\"0.25\"} 1\n"
        "a_seconds_bucket{host=\"h\",le=\"0.5\"} 1\n"
        "a_seconds_bucket{host=\"h\",le=\"1\"} 3\n"
        "a_seconds_bucket{host=\"h\",le=\"2.5\"} 3\n"
        "a_seconds_bucket{host=\"h\",le=\"5\"} 3\n"
        "a_seconds_bucket{host=\"h\",le=\"10\"} 3\n"
        "a_seconds_bucket{host=\"h\",le=\"+Inf\"} 4\n"
        "a_seconds_sum{host=\"h\"} 13.007\n"
        "a_seconds_count{host=\"h\"} 4\n");
}

}  // namespace
}  // namespace vmtelem

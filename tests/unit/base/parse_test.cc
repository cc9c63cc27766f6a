#include "base/parse.h"

#include <limits>
#include <random>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

struct DurationCase {
  std::string text;
  std::optional<Nanoseconds> expected;
};

TEST_CASE("a duration is a number of seconds or has a unit") {
  const auto row = GENERATE(values<DurationCase>({
      {"1", 1s},
      {"1.5", 1500ms},
      {"0.1s", 100ms},
      {"250ms", 250ms},
      {"5s", 5s},
      {"2m", 2min},
      {"1h", 1h},
      {"1d", 24h},
      {"3us", 3us},
      {"7ns", 7ns},
      {"0", 0ns},
      {"", std::nullopt},
      {"s", std::nullopt},
      {"-1", std::nullopt},
      {"+1", std::nullopt},
      {"1 s", std::nullopt},
      {"1x", std::nullopt},
      {" 1", std::nullopt},
      {"1e3", std::nullopt},
      {"nan", std::nullopt},
      {"inf", std::nullopt},
      {".2s", 200ms},
      {".5m", 30s},
      {".5", 500ms},
      {".", std::nullopt},
      {".s", std::nullopt},
      {"..5", std::nullopt},
      {"1S", std::nullopt},
  }));
  CAPTURE(row.text);
  CHECK(ParseDuration(row.text) == row.expected);
}

struct SizeCase {
  std::string text;
  std::optional<std::uint64_t> expected;
};

TEST_CASE("a size has a unit") {
  const auto row = GENERATE(values<SizeCase>({
      {"64MiB", 64ULL << 20},
      {"1KiB", 1024},
      {"1.5KiB", 1536},
      {"4GiB", 4ULL << 30},
      {"1TiB", 1ULL << 40},
      {"1kB", 1000},
      {"2MB", 2'000'000},
      {"3GB", 3'000'000'000},
      {"1TB", 1'000'000'000'000},
      {"17B", 17},
      {"64", std::nullopt},
      {"", std::nullopt},
      {"MiB", std::nullopt},
      {"-1MiB", std::nullopt},
      {"1mib", std::nullopt},
      {"1 MiB", std::nullopt},
      {".5KiB", 512},
  }));
  CAPTURE(row.text);
  CHECK(ParseSize(row.text) == row.expected);
}

TEST_CASE("a quantity that is too large to hold becomes the largest one") {
  const std::string endless(400, '9');
  for (const std::string& number : {std::string("999999999999999999999"), endless, endless + ".5"}) {
    CAPTURE(number);
    CHECK(ParseDuration(number + "h") == Nanoseconds::max());
    CHECK(ParseSize(number + "B") == std::numeric_limits<std::uint64_t>::max());
  }
  CHECK(ParseCount("18446744073709551616") == std::numeric_limits<std::uint64_t>::max());
  CHECK(ParseDuration(endless + "x") == std::nullopt);
}

TEST_CASE("a quantity that is too small to hold is nothing") {
  CHECK(ParseDuration("0." + std::string(400, '0') + "1h") == 0ns);
  CHECK(ParseDuration("." + std::string(400, '0') + "1h") == 0ns);
}

TEST_CASE("a count is a whole number without a sign") {
  CHECK(ParseCount("2000") == 2000U);
  CHECK(ParseCount("18446744073709551615") == 18446744073709551615ULL);
  for (const char* bad : {"", "-1", "+1", "1.0", "1 ", " 1", "0x10"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseCount(bad).has_value());
  }
}

TEST_CASE("a switch is on or off in the usual words and in any case") {
  for (const char* on : {"1", "true", "YES", "On"}) CHECK(ParseBool(on) == true);
  for (const char* off : {"0", "false", "No", "OFF"}) CHECK(ParseBool(off) == false);
  for (const char* bad : {"", "2", "maybe", "tru"}) CHECK_FALSE(ParseBool(bad).has_value());
}

TEST_CASE("a duration is printed with the largest unit that is exact") {
  CHECK(FormatDuration(0ns) == "0s");
  CHECK(FormatDuration(1s) == "1s");
  CHECK(FormatDuration(1500ms) == "1500ms");
  CHECK(FormatDuration(90s) == "90s");
  CHECK(FormatDuration(5min) == "5m");
}

TEST_CASE("a size is printed with the largest binary unit that is exact") {
  CHECK(FormatSize(0) == "0B");
  CHECK(FormatSize(64ULL << 20) == "64MiB");
  CHECK(FormatSize(1000) == "1000B");
}

TEST_CASE("a printed quantity parses back to the same value") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    // Doubles carry 53 bits; settings stay far below.
    const auto value = static_cast<std::int64_t>(random() >> 12U);
    CHECK(ParseDuration(FormatDuration(Nanoseconds(value))) == Nanoseconds(value));
    CHECK(ParseSize(FormatSize(static_cast<std::uint64_t>(value))) == static_cast<std::uint64_t>(value));
  }
}

}  // namespace
}  // namespace vmtelem

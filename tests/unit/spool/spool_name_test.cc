#include "spool/spool_name.h"

#include <limits>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

TEST_CASE("a spool file's name tells stamps, lines and sequence") {
  const SpoolName name{1'700'000'000'000'000'000, 1'700'000'001'000'000'000, 0xABCDEF, 240};
  CHECK(FormatSpoolName(name) == "1700000000000000000-1700000001000000000-240-0000000000abcdef.lp.gz");
}

TEST_CASE("a spool file's name reads back as what it was made of") {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const auto name = GENERATE(values<SpoolName>({{0, 0, 0, 1},
                                                {-5, 7, 1, 2},
                                                {-7, -5, ~std::uint64_t{0}, 3},
                                                {kLeast, kMost, 1, std::numeric_limits<std::uint32_t>::max()}}));
  CHECK(ParseSpoolName(FormatSpoolName(name)) == name);
}

TEST_CASE("a name that the spool does not make is not taken for a batch") {
  const auto text = GENERATE(values<std::string>(
      {"", "lock", "1-2-3-0000000000000004.lp", "1-2-3-0000000000000004.lp.gz.bak", " 1-2-3-0000000000000004.lp.gz",
       "1-2-3-4.lp.gz", "1-2-3-000000000000000A.lp.gz", "01-2-3-0000000000000004.lp.gz",
       "+1-2-3-0000000000000004.lp.gz", "-0-2-3-0000000000000004.lp.gz", "1-2-3-00000000000000004.lp.gz",
       "1-2--3-0000000000000004.lp.gz", "9223372036854775808-2-3-0000000000000004.lp.gz",
       "1-2-4294967296-0000000000000004.lp.gz", ".writing-1-2-3-0000000000000004.lp.gz"}));
  CAPTURE(text);
  CHECK_FALSE(ParseSpoolName(text));
}

TEST_CASE("a batch of no lines is not a batch") { CHECK_FALSE(ParseSpoolName("1-2-0-0000000000000004.lp.gz")); }

TEST_CASE("names sort by their first stamps, as numbers") {
  CHECK(SpoolName{9, 99, 9, 9} < SpoolName{10, 10, 0, 1});
  CHECK(SpoolName{-10, 0, 9, 9} < SpoolName{9, 9, 0, 1});
}

TEST_CASE("a sequence goes up and shares no number with another") {
  SpoolSequence ours, others;
  const auto first = ours.Next();
  CHECK(ours.Next() == first + 1);
  CHECK(others.Next() >> 32U != first >> 32U);
}

}  // namespace
}  // namespace vmtelem

#include "ship/bisection.h"

#include <bit>
#include <cmath>
#include <set>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

struct Found {
  std::set<std::size_t> refused, accepted;
  std::size_t requests = 0;
};

// A server that refuses every range with a bad line in it.
Found Search(std::size_t lines, const std::set<std::size_t>& bad) {
  Bisection search(lines);
  Found found;
  while (!search.done()) {
    const Bisection::Range range = search.Next();
    REQUIRE(range.size() > 0);
    REQUIRE(range.end <= lines);
    ++found.requests;
    const auto first_bad = bad.lower_bound(range.begin);
    if (first_bad == bad.end() || *first_bad >= range.end) {
      for (std::size_t i = range.begin; i < range.end; ++i) REQUIRE(found.accepted.insert(i).second);
      search.Accepted(range);
    } else {
      if (range.size() > 1) {
        search.Refused(range);
        continue;
      }
      REQUIRE(found.refused.insert(range.begin).second);
      search.Isolated(range);
    }
  }
  return found;
}

TEST_CASE("a single bad line is found wherever it is, with a request per halving and few more") {
  for (const std::size_t lines : {1U, 2U, 3U, 7U, 64U, 100U, 2000U}) {
    for (std::size_t bad = 0; bad < lines; bad += 1 + lines / 50) {
      const Found found = Search(lines, {bad});
      CHECK(found.refused == std::set<std::size_t>{bad});
      CHECK(found.accepted.size() == lines - 1);
      CHECK(found.requests <= static_cast<std::size_t>(std::bit_width(lines - 1)) + 3);
    }
  }
}

TEST_CASE("where bad lines are many, each costs the logarithm of the gap between them") {
  std::set<std::size_t> bad;
  for (std::size_t line = 7; line < 4096; line += 16) bad.insert(line);
  const Found found = Search(4096, bad);
  CHECK(found.refused == bad);
  CHECK(found.requests <= bad.size() * (5 + 3));
}

TEST_CASE("behind many bad lines ranges become longer again") {
  const Found found = Search(2000, {1, 2, 3, 4});
  CHECK(found.accepted.size() == 1996);
  CHECK(found.requests <= 40);
}

TEST_CASE("where every line is bad each costs one request") {
  std::set<std::size_t> bad;
  for (std::size_t line = 0; line < 1000; ++line) bad.insert(line);
  const Found found = Search(1000, bad);
  CHECK(found.refused == bad);
  CHECK(found.requests <= 1000 + 2 * 10 + 2);
}

TEST_CASE("no range is longer than it may be") {
  Bisection search(100, 1);
  for (std::size_t line = 0; line < 100; ++line) {
    REQUIRE(search.Next() == Bisection::Range{line, line + 1});
    search.Accepted(search.Next());
  }
  CHECK(search.done());
}

}  // namespace
}  // namespace vmtelem

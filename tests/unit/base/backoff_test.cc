#include "base/backoff.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::function<double()> Always(double value) {
  return [value] { return value; };
}

TEST_CASE("waits double from half a second up to the cap") {
  Backoff backoff(Always(1));
  std::vector<Nanoseconds> waits;
  waits.reserve(7);
  for (int i = 0; i < 7; ++i) waits.push_back(backoff.Next(seconds(10)));
  CHECK(waits == std::vector<Nanoseconds>{milliseconds(500), seconds(1), seconds(2), seconds(4), seconds(8),
                                          seconds(10), seconds(10)});
}

TEST_CASE("the jitter is full: a wait may be anything down to none") {
  Backoff backoff(Always(0));
  CHECK(backoff.Next(seconds(10)) == Nanoseconds::zero());
  Backoff half(Always(0.5));
  CHECK(half.Next(seconds(10)) == milliseconds(250));
}

TEST_CASE("a wait is never shorter than the server asks, and may be longer than the cap for that") {
  Backoff backoff(Always(0));
  CHECK(backoff.Next(seconds(10), seconds(3)) == seconds(3));
  CHECK(backoff.Next(seconds(10), seconds(60)) == seconds(60));
}

TEST_CASE("the jitter comes after the time that the server asks, since it asks the same of many") {
  Backoff backoff(Always(0.5));
  CHECK(backoff.Next(seconds(10), seconds(3)) == seconds(3) + milliseconds(250));
}

TEST_CASE("a server cannot ask for more than ten minutes") {
  Backoff backoff(Always(0));
  CHECK(backoff.Next(seconds(10), std::chrono::hours(24)) == minutes(10));
}

TEST_CASE("after a reset the waits begin anew") {
  Backoff backoff(Always(1));
  for (int i = 0; i < 5; ++i) backoff.Next(seconds(10));
  backoff.Reset();
  CHECK(backoff.Next(seconds(10)) == milliseconds(500));
}

TEST_CASE("the system's random numbers lie in [0, 1) and differ from one process to the next") {
  const auto one = SystemRandom();
  const auto other = SystemRandom();
  bool differ = false;
  for (int i = 0; i < 100; ++i) {
    const double a = one(), b = other();
    CHECK(a >= 0);
    CHECK(a < 1);
    differ = differ || a != b;
  }
  CHECK(differ);
}

}  // namespace
}  // namespace vmtelem

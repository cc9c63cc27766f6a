#include "ship/backlog_rate_limiter.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr SteadyTime kStart{seconds(100)};

DeliveryOptions AtRate(double times_live) {
  DeliveryOptions options;
  options.backlog_rate = times_live;
  return options;
}

const DeliveryOptions kTenfold = AtRate(10);

double WaitAfter(BacklogRateLimiter& pace, std::size_t lines, SteadyTime now) {
  pace.Sent(lines, now);
  return std::chrono::duration<double>(pace.ready_at() - now).count();
}

TEST_CASE("a backlog may go at once") { CHECK(BacklogRateLimiter(kTenfold).ready_at() <= kStart); }

TEST_CASE("without new lines the backlog goes at its least rate") {
  BacklogRateLimiter pace(kTenfold);
  CHECK(WaitAfter(pace, 50'000, kStart) == Approx(0.5));
}

TEST_CASE("with many new lines the backlog goes at a multiple of their rate") {
  const DeliveryOptions fourfold = AtRate(4);
  BacklogRateLimiter pace(fourfold);
  for (int i = 0; i < 600; ++i) pace.Sealed(5000, kStart + milliseconds(100) * i);
  CHECK(WaitAfter(pace, 200'000, kStart + minutes(1)) == Approx(1).epsilon(0.05));
}

TEST_CASE("a rate that has ended is forgotten within a minute") {
  BacklogRateLimiter pace(kTenfold);
  for (int i = 0; i < 60; ++i) pace.Sealed(500'000, kStart + seconds(i));
  CHECK(WaitAfter(pace, 100'000, kStart + minutes(3)) == Approx(1));
}

TEST_CASE("several batches wait for one another") {
  BacklogRateLimiter pace(kTenfold);
  pace.Sent(100'000, kStart);
  CHECK(WaitAfter(pace, 100'000, kStart + milliseconds(500)) == Approx(1.5));
}

}  // namespace
}  // namespace vmtelem

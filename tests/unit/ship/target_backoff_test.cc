#include "ship/target_backoff.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr SteadyTime kStart{seconds(100)};

DeliveryOptions WithRetryMax(Nanoseconds retry_max) {
  DeliveryOptions options;
  options.retry_max = retry_max;
  return options;
}

const DeliveryOptions kOptions = WithRetryMax(seconds(10));

std::function<double()> Always(double value) {
  return [value] { return value; };
}

TEST_CASE("several requests that fail in one round make the back-off grow once") {
  TargetBackoff backoff(kOptions, Always(1));
  const TargetBackoff::Round round = backoff.round();
  backoff.Retry(round, kStart, std::nullopt);
  backoff.Retry(round, kStart, std::nullopt);
  CHECK(backoff.ready_at() == kStart + milliseconds(500));
  backoff.Retry(backoff.round(), kStart + seconds(1), std::nullopt);
  CHECK(backoff.ready_at() == kStart + seconds(2));
}

TEST_CASE("a late failure of an earlier round still brings what the server asks") {
  TargetBackoff backoff(kOptions, Always(1));
  const TargetBackoff::Round round = backoff.round();
  backoff.Retry(round, kStart, std::nullopt);
  backoff.Retry(round, kStart, seconds(7));
  CHECK(backoff.ready_at() == kStart + seconds(7));
}

TEST_CASE("a held target is ready at the slowest pace") {
  TargetBackoff backoff(kOptions, Always(0));
  backoff.Hold(kStart, std::nullopt);
  CHECK(backoff.state() == TargetBackoff::State::kHeld);
  CHECK(backoff.ready_at() == kStart + seconds(10));
}

TEST_CASE("a target that takes requests again is ready, and its back-off begins anew") {
  TargetBackoff backoff(kOptions, Always(1));
  backoff.Retry(backoff.round(), kStart, seconds(60));
  CHECK(backoff.Open(backoff.round(), kStart));
  CHECK(backoff.ready_at() <= kStart);
  backoff.Retry(backoff.round(), kStart, std::nullopt);
  CHECK(backoff.ready_at() == kStart + milliseconds(500));
}

TEST_CASE("a request from before the last failure does not end the back-off") {
  TargetBackoff backoff(kOptions, Always(1));
  const TargetBackoff::Round before = backoff.round();
  backoff.Retry(before, kStart, seconds(60));
  CHECK_FALSE(backoff.Open(before, kStart));
  CHECK(backoff.state() == TargetBackoff::State::kBackingOff);
  CHECK(backoff.ready_at() == kStart + seconds(60) + milliseconds(500));
}

TEST_CASE("the pauses after silence are anything up to two seconds, however often nobody answers") {
  TargetBackoff backoff(kOptions, Always(0.25));
  for (int i = 0; i < 6; ++i) backoff.AwaitSign(kStart);
  CHECK(backoff.ready_at() == kStart + milliseconds(500));
}

TEST_CASE("who had no answer before this one waits for up to a second of its own, and once") {
  TargetBackoff backoff(kOptions, Always(0.25));
  backoff.AwaitSign(kStart);
  CHECK(backoff.Open(backoff.round(), kStart + minutes(1)));
  CHECK(backoff.ready_at() == kStart + minutes(1) + milliseconds(250));
  CHECK(backoff.Open(backoff.round(), kStart + minutes(2)));
  CHECK(backoff.ready_at() <= kStart + minutes(2));
}

TEST_CASE("a hastened back-off is ready at once and waits no longer than its new cap") {
  TargetBackoff backoff(kOptions, Always(1));
  for (int i = 0; i < 6; ++i) backoff.Retry(backoff.round(), kStart, std::nullopt);
  backoff.Hasten(kStart, seconds(1));
  CHECK(backoff.ready_at() == kStart);
  backoff.Retry(backoff.round(), kStart, std::nullopt);
  CHECK(backoff.ready_at() == kStart + seconds(1));
}

}  // namespace
}  // namespace vmtelem

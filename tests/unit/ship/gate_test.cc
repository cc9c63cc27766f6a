#include "ship/gate.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr SteadyTime kStart{seconds(100)};

std::function<double()> Always(double value) {
  return [value] { return value; };
}

TEST_CASE("several requests that fail in one round make the back-off grow once") {
  Gate gate(Backoff(seconds(10), Always(1)));
  const Gate::Round round = gate.round();
  gate.Retry(round, kStart, std::nullopt);
  gate.Retry(round, kStart, std::nullopt);
  CHECK(gate.ready_at() == kStart + milliseconds(500));
  gate.Retry(gate.round(), kStart + seconds(1), std::nullopt);
  CHECK(gate.ready_at() == kStart + seconds(2));
}

TEST_CASE("a late failure of an earlier round still brings what the server asks") {
  Gate gate(Backoff(seconds(10), Always(1)));
  const Gate::Round round = gate.round();
  gate.Retry(round, kStart, std::nullopt);
  gate.Retry(round, kStart, seconds(7));
  CHECK(gate.ready_at() == kStart + seconds(7));
}

TEST_CASE("a held gate is ready at the slowest pace") {
  Gate gate(Backoff(seconds(10), Always(0)));
  gate.Hold(kStart, std::nullopt);
  CHECK(gate.state() == Gate::State::kHeld);
  CHECK(gate.ready_at() == kStart + seconds(10));
}

TEST_CASE("an opened gate is ready and has forgotten its back-off") {
  Gate gate(Backoff(seconds(10), Always(1)));
  gate.Retry(gate.round(), kStart, seconds(60));
  CHECK(gate.Open(gate.round()));
  CHECK(gate.ready_at() <= kStart);
  gate.Retry(gate.round(), kStart, std::nullopt);
  CHECK(gate.ready_at() == kStart + milliseconds(500));
}

TEST_CASE("a request from before the last failure does not open the gate") {
  Gate gate(Backoff(seconds(10), Always(1)));
  const Gate::Round before = gate.round();
  gate.Retry(before, kStart, seconds(60));
  CHECK_FALSE(gate.Open(before));
  CHECK(gate.state() == Gate::State::kRetrying);
  CHECK(gate.ready_at() == kStart + seconds(60));
}

TEST_CASE("a hastened gate is ready at once and waits no longer than its new cap") {
  Gate gate(Backoff(seconds(10), Always(1)));
  for (int i = 0; i < 6; ++i) gate.Retry(gate.round(), kStart, std::nullopt);
  gate.Hasten(kStart, seconds(1));
  CHECK(gate.ready_at() == kStart);
  gate.Retry(gate.round(), kStart, std::nullopt);
  CHECK(gate.ready_at() == kStart + seconds(1));
}

}  // namespace
}  // namespace vmtelem

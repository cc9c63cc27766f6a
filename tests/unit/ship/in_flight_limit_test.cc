#include "ship/in_flight_limit.h"

#include <vector>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr Nanoseconds kFlush = std::chrono::seconds(1);

DeliveryOptions AtMost(std::size_t writes_in_flight) {
  DeliveryOptions options;
  options.writes_in_flight = writes_in_flight;
  return options;
}

// The limit, and as many requests as it allows.
struct Limited {
  explicit Limited(std::size_t most) : options(AtMost(most)) {}

  [[nodiscard]] std::vector<InFlightLimit::Departure> Leave() const {
    return std::vector<InFlightLimit::Departure>(limit.limit(), limit.Leave());
  }
  // They are stored; `waits`: more work waited meanwhile.
  void StoreRound(Nanoseconds latency, bool waits = true) {
    const auto out = Leave();
    if (waits) limit.NoteWorkWaits();
    for (const auto& departure : out) limit.Stored(departure, latency);
  }
  void GrowTo(std::size_t number) {
    while (limit.limit() < number) StoreRound(kFlush);
  }

  DeliveryOptions options;
  InFlightLimit limit{options};
};

TEST_CASE("the number of requests in flight starts at two") { CHECK(Limited(16).limit.limit() == 2); }

TEST_CASE("where one request is allowed one is in flight, whatever waits") {
  Limited one(1);
  for (int round = 0; round < 5; ++round) one.StoreRound(kFlush);
  CHECK(one.limit.limit() == 1);
}

TEST_CASE("each round in which work waits adds half of the requests in flight until they were too many") {
  Limited some(16);
  std::vector<std::size_t> limits;
  for (int round = 0; round < 7; ++round) {
    some.StoreRound(kFlush);
    limits.push_back(some.limit.limit());
  }
  CHECK(limits == std::vector<std::size_t>{2, 3, 4, 6, 9, 13, 16});
}

TEST_CASE("each round in which work waits adds one request in flight from half of what was too many") {
  Limited some(16);
  some.GrowTo(13);
  some.limit.Overloaded(some.limit.Leave());
  CHECK(some.limit.limit() == 6);
  some.StoreRound(kFlush);
  CHECK(some.limit.limit() == 7);
  some.StoreRound(kFlush);
  CHECK(some.limit.limit() == 8);
}

TEST_CASE("after an outage the number of requests in flight grows fast to half of what it was") {
  Limited some(16);
  some.GrowTo(16);
  for (int failure = 0; failure < 20; ++failure) some.limit.Overloaded(some.limit.Leave());
  CHECK(some.limit.limit() == 2);
  std::vector<std::size_t> limits;
  for (int round = 0; round < 5; ++round) {
    some.StoreRound(kFlush);
    limits.push_back(some.limit.limit());
  }
  CHECK(limits == std::vector<std::size_t>{3, 4, 6, 9, 10});
}

TEST_CASE("the number of requests in flight stays while nothing waits for a slot") {
  Limited some(16);
  for (int round = 0; round < 5; ++round) some.StoreRound(kFlush, false);
  CHECK(some.limit.limit() == 2);
}

TEST_CASE("work that waited before a request left does not count for it") {
  Limited some(16);
  some.limit.NoteWorkWaits();
  some.StoreRound(kFlush, false);
  CHECK(some.limit.limit() == 2);
}

TEST_CASE("the number of requests in flight ends at its bound") {
  Limited some(16);
  for (int round = 0; round < 50; ++round) some.StoreRound(kFlush);
  CHECK(some.limit.limit() == 16);
}

TEST_CASE("a server that is overloaded has the number of requests in flight halved, but for two") {
  Limited some(16);
  some.GrowTo(13);
  some.limit.Overloaded(some.limit.Leave());
  CHECK(some.limit.limit() == 6);
  Limited least(16);
  least.limit.Overloaded(least.limit.Leave());
  CHECK(least.limit.limit() == 2);
}

TEST_CASE("several requests that were out when the server was overloaded halve the number once") {
  Limited some(16);
  some.GrowTo(13);
  for (const auto& departure : some.Leave()) some.limit.Overloaded(departure);
  CHECK(some.limit.limit() == 6);
  some.limit.Overloaded(some.limit.Leave());
  CHECK(some.limit.limit() == 3);
}

TEST_CASE("requests that left before the number was halved do not make it grow again") {
  Limited some(16);
  some.GrowTo(13);
  const auto out = some.Leave();
  some.limit.Overloaded(out.front());
  some.limit.NoteWorkWaits();
  for (const auto& departure : out) some.limit.Stored(departure, kFlush);
  CHECK(some.limit.limit() == 6);
  some.StoreRound(kFlush);
  CHECK(some.limit.limit() == 7);
}

TEST_CASE("a server that does one request after another keeps few in flight") {
  Limited some(16);
  for (int round = 0; round < 100; ++round) {
    some.StoreRound(std::chrono::milliseconds(20) * some.limit.limit());
    CHECK(some.limit.limit() <= 6);
  }
}

TEST_CASE("one slow round does not keep requests from being many") {
  Limited some(16);
  some.GrowTo(13);
  some.StoreRound(3 * kFlush);
  CHECK(some.limit.limit() == 13);
  some.StoreRound(kFlush);
  CHECK(some.limit.limit() == 16);
  some.StoreRound(3 * kFlush);
  some.StoreRound(3 * kFlush);
  CHECK(some.limit.limit() == 8);
}

TEST_CASE("answers to requests that left just before a flush are no measure of those that leave after one") {
  Limited some(16);
  for (int round = 0; round < 5; ++round) some.StoreRound(kFlush / 20, false);
  some.StoreRound(kFlush / 5);
  for (int round = 0; round < 6; ++round) some.StoreRound(kFlush);
  CHECK(some.limit.limit() == 16);
}

TEST_CASE("larger requests that take longer do not keep the number of requests in flight low") {
  Limited some(16);
  some.StoreRound(std::chrono::milliseconds(10));
  for (int round = 0; round < 50; ++round) some.StoreRound(std::chrono::milliseconds(50));
  CHECK(some.limit.limit() == 16);
}

TEST_CASE("a lower bound on requests in flight counts from when it is set") {
  Limited some(16);
  some.GrowTo(13);
  some.options.writes_in_flight = 4;
  CHECK(some.limit.limit() == 4);
  some.options.writes_in_flight = 1;
  CHECK(some.limit.limit() == 1);
}

}  // namespace
}  // namespace vmtelem

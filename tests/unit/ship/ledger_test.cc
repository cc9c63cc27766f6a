#include "ship/ledger.h"

#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "ledger_sum.h"

namespace vmtelem {
namespace {

TEST_CASE("sampled lines are queued") {
  Ledger ledger;
  ledger.Sampled(7);
  CHECK(ledger.counts().sampled == 7);
  CHECK(ledger.counts().queued == 7);
}

TEST_CASE("a move takes from one place and gives to another") {
  constexpr std::array kPlaces{Place::kQueued,  Place::kSpooled,  Place::kInFlight,
                               Place::kWritten, Place::kRejected, Place::kDropped};
  for (const Place place : kPlaces) {
    Ledger ledger;
    ledger.Sampled(5);
    ledger.Move(Place::kQueued, place, 3);
    const LineCounts counts = ledger.counts();
    const std::array held{counts.queued,  counts.spooled,  counts.in_flight,
                          counts.written, counts.rejected, counts.dropped};
    INFO("place " << static_cast<int>(place));
    CHECK(held[static_cast<std::size_t>(place)] == (place == Place::kQueued ? 5 : 3));
    CHECK(LedgerAddsUp(counts));
  }
}

TEST_CASE("every reading adds up while other threads move lines") {
  Ledger ledger;
  std::atomic<bool> stop{false};
  std::vector<std::thread> movers;
  movers.reserve(2);
  for (int i = 0; i < 2; ++i) {
    movers.emplace_back([&] {
      while (!stop) {
        ledger.Sampled(2);
        ledger.Move(Place::kQueued, Place::kInFlight, 2);
        ledger.Move(Place::kInFlight, Place::kWritten, 1);
        ledger.Move(Place::kInFlight, Place::kDropped, 1);
      }
    });
  }
  bool added_up = true;
  for (int i = 0; i < 20'000; ++i) added_up = added_up && LedgerAddsUp(ledger.counts());
  stop = true;
  for (std::thread& mover : movers) mover.join();
  CHECK(added_up);
}

}  // namespace
}  // namespace vmtelem

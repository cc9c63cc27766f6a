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

TEST_CASE("a move takes from one state and gives to another") {
  for (const LineState state : {&LineCounts::queued, &LineCounts::spooled, &LineCounts::in_flight, &LineCounts::written,
                                &LineCounts::rejected, &LineCounts::dropped}) {
    Ledger ledger;
    ledger.Sampled(5);
    ledger.Move(&LineCounts::queued, state, 3);
    const LineCounts counts = ledger.counts();
    CHECK(counts.*state == (state == &LineCounts::queued ? 5 : 3));
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
        ledger.Move(&LineCounts::queued, &LineCounts::in_flight, 2);
        ledger.Move(&LineCounts::in_flight, &LineCounts::written, 1);
        ledger.Move(&LineCounts::in_flight, &LineCounts::dropped, 1);
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

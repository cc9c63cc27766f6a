#pragma once

#include <functional>
#include <memory>

#include <catch2/catch.hpp>

#include "fakes/sample_lines.h"
#include "model/delivery.h"

namespace vmtelem {

enum class SpoolRoom {
  kPlenty,
  kTwoBatches,  // of SampleBatch(i, 10), not three
};

// Makes an empty spool.
using MakeSpool = std::function<std::unique_ptr<Spool>(SpoolRoom)>;

inline void CheckOrder(Spool& spool) {
  spool.Add(SampleBatch(0, 3));
  spool.Add(SampleBatch(3, 2));
  const auto first = spool.Next(), second = spool.Next();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->batch->bytes() == SampleLines(0, 3).bytes);
  CHECK(second->batch->bytes() == SampleLines(3, 2).bytes);
  CHECK(first->id != second->id);
  CHECK_FALSE(spool.Next());
}

inline void CheckTaken(Spool& spool) {
  spool.Add(SampleBatch(0, 3));
  const SpooledBatch kept = spool.Add(SampleBatch(3, 2));
  const auto taken = spool.Take(kept.id);
  REQUIRE(taken);
  CHECK(taken->id == kept.id);
  CHECK(taken->durable == kept.durable);
  CHECK(taken->batch->bytes() == SampleLines(3, 2).bytes);
}

inline void CheckTakenOnce(Spool& spool) {
  const SpooledBatch first = spool.Add(SampleBatch(0, 3)), second = spool.Add(SampleBatch(3, 2));
  REQUIRE(spool.Take(first.id));
  CHECK_FALSE(spool.Take(first.id));
  const auto next = spool.Next();
  REQUIRE(next);
  CHECK(next->id == second.id);
  CHECK_FALSE(spool.Take(second.id));
  CHECK_FALSE(spool.Take(second.id + 1));
}

inline void CheckHandedOut(Spool& spool) {
  const SpooledBatch added = spool.Add(SampleBatch(0, 3));
  CHECK(added.batch->bytes() == SampleLines(0, 3).bytes);
  CHECK(spool.HandOut(added.id));
  CHECK_FALSE(spool.HandOut(added.id));
  CHECK_FALSE(spool.Take(added.id));
  CHECK_FALSE(spool.Next());
  CHECK(spool.stats().lines == 3);
  spool.Acknowledge(added.id);
  CHECK(spool.stats().lines == 0);
}

inline void CheckStats(Spool& spool) {
  spool.Add(SampleBatch(0, 3));
  spool.Add(SampleBatch(3, 2));
  CHECK(spool.stats().batches == 2);
  CHECK(spool.stats().lines == 5);
  CHECK(spool.stats().bytes > 0);
}

inline void CheckHandedOutStillHeld(Spool& spool) {
  const SpooledBatch kept = spool.Add(SampleBatch(0, 3));
  spool.Add(SampleBatch(3, 2));
  REQUIRE(spool.Take(kept.id));
  REQUIRE(spool.Next());
  CHECK(spool.stats().batches == 2);
  CHECK(spool.stats().lines == 5);
}

inline void CheckAcknowledged(Spool& spool) {
  spool.Add(SampleBatch(0, 3));
  spool.Add(SampleBatch(3, 2));
  spool.Acknowledge(spool.Next()->id);
  CHECK(spool.stats().batches == 1);
  CHECK(spool.stats().lines == 2);
  CHECK(spool.Next()->batch->bytes() == SampleLines(3, 2).bytes);
}

inline void CheckAcknowledgedTwice(Spool& spool) {
  spool.Add(SampleBatch(0, 3));
  const std::uint64_t id = spool.Next()->id;
  spool.Acknowledge(id);
  spool.Acknowledge(id);
  CHECK(spool.stats().batches == 0);
  CHECK(spool.stats().lines == 0);
  CHECK(spool.stats().bytes == 0);
}

inline void CheckOwnBatchesAreNoChange(Spool& spool) {
  spool.Add(SampleBatch(0, 3));
  spool.Acknowledge(spool.Next()->id);
  spool.Add(SampleBatch(3, 2));
  const SpoolChanges changes = spool.CatchUp();
  CHECK(changes.recovered_lines == 0);
  CHECK(changes.persisted_lines == 0);
  CHECK(changes.losses.empty());
}

inline void CheckRejectedIsNoBatch(Spool& spool) {
  spool.Add(SampleBatch(0, 3));
  spool.KeepRejected(SampleLine(7), "as the test says");
  CHECK(spool.stats().batches == 1);
  CHECK(spool.stats().lines == 3);
  CHECK(spool.Next()->batch->bytes() == SampleLines(0, 3).bytes);
  CHECK_FALSE(spool.Next());
}

inline void CheckOldestGivenUp(Spool& spool) {  // holds two batches of ten
  const SpooledBatch oldest = spool.Add(SampleBatch(10, 10));
  spool.Add(SampleBatch(20, 10));
  CHECK(spool.CatchUp().losses.empty());
  spool.Add(SampleBatch(30, 10));
  CHECK(spool.stats().lines == 20);
  CHECK_FALSE(spool.Take(oldest.id));
  CHECK(spool.Next()->batch->bytes() == SampleLines(20, 10).bytes);
}

inline void CheckLossTold(Spool& spool) {  // holds two batches of ten
  const SpooledBatch oldest = spool.Add(SampleBatch(10, 10));
  spool.Add(SampleBatch(20, 10));
  spool.Add(SampleBatch(30, 10));
  const SpoolChanges changes = spool.CatchUp();
  REQUIRE(changes.losses.size() == 1);
  CHECK(changes.losses[0].lines == 10);
  CHECK(changes.losses[0].durable == oldest.durable);
  CHECK(changes.losses[0].first_wall_ns == 10);
  CHECK(changes.losses[0].last_wall_ns == 19);
  CHECK_FALSE(changes.losses[0].reason.empty());
  CHECK(spool.CatchUp().losses.empty());
}

inline void CheckHandedOutNeverGivenUp(Spool& spool) {  // holds two batches of ten
  spool.Add(SampleBatch(0, 10));
  const auto held = spool.Next();
  spool.Add(SampleBatch(10, 10));
  spool.Add(SampleBatch(20, 10));
  CHECK(spool.stats().lines == 20);
  CHECK(held->batch->bytes() == SampleLines(0, 10).bytes);
  CHECK(spool.Next()->batch->bytes() == SampleLines(20, 10).bytes);
}

inline void CheckNewestKept(Spool& spool) {  // holds two batches of ten
  spool.Add(SampleBatch(0, 10));
  const auto newest = spool.Take(spool.Add(SampleBatch(10, 1000)).id);
  REQUIRE(newest);
  CHECK(newest->batch->line_count() == 1000);
}

// What the writer relies on. Every implementation of the port has to pass.
inline void RunSpoolSuite(const MakeSpool& make) {
  const auto plenty = [&] { return make(SpoolRoom::kPlenty); };
  const auto two_batches = [&] { return make(SpoolRoom::kTwoBatches); };
  SECTION("a new spool has nothing") {
    const auto spool = plenty();
    CHECK_FALSE(spool->Next());
    CHECK(spool->stats().batches == 0);
  }
  SECTION("batches come out oldest first, each once") { CheckOrder(*plenty()); }
  SECTION("any batch can be taken by its id") { CheckTaken(*plenty()); }
  SECTION("a batch is handed out once, by its id or in its turn") { CheckTakenOnce(*plenty()); }
  SECTION("a batch is handed out to a caller that holds it, and to no other") { CheckHandedOut(*plenty()); }
  SECTION("what is held is counted") { CheckStats(*plenty()); }
  SECTION("a batch that was handed out is still held") { CheckHandedOutStillHeld(*plenty()); }
  SECTION("an acknowledged batch is forgotten, the others are not") { CheckAcknowledged(*plenty()); }
  SECTION("acknowledging again changes nothing") { CheckAcknowledgedTwice(*plenty()); }
  SECTION("what is added and acknowledged is no change to account for") { CheckOwnBatchesAreNoChange(*plenty()); }
  SECTION("a rejected line is not delivered again") { CheckRejectedIsNoBatch(*plenty()); }
  SECTION("over the bound the oldest is given up") { CheckOldestGivenUp(*two_batches()); }
  SECTION("what was given up is told once, with its stamps") { CheckLossTold(*two_batches()); }
  SECTION("a batch that was handed out is never given up") { CheckHandedOutNeverGivenUp(*two_batches()); }
  SECTION("the newest batch is kept even if it alone is above the bound") { CheckNewestKept(*two_batches()); }
}

}  // namespace vmtelem

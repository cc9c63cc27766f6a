#pragma once

#include <functional>
#include <memory>

#include <catch2/catch.hpp>

#include "model/delivery.h"
#include "sample_lines.h"

namespace vmtelem {

// Makes an empty spool that holds at most so many bytes of lines.
using MakeSpool = std::function<std::unique_ptr<Spool>(std::uint64_t max_bytes)>;

constexpr std::uint64_t kPlenty = 1 << 20;

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

inline void CheckStats(Spool& spool) {
  spool.Add(SampleBatch(0, 3));
  spool.Add(SampleBatch(3, 2));
  CHECK(spool.stats().batches == 2);
  CHECK(spool.stats().lines == 5);
  CHECK(spool.stats().bytes > 0);
}

inline void CheckHandedOutStillHeld(Spool& spool) {
  spool.Add(SampleBatch(0, 3));
  const auto batch = spool.Next();
  REQUIRE(batch);
  CHECK(spool.stats().batches == 1);
  CHECK(spool.stats().lines == 3);
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

inline void CheckOldestGivenUp(Spool& spool) {  // holds two batches of ten
  CHECK(spool.Add(SampleBatch(0, 10)) == 0);
  CHECK(spool.Add(SampleBatch(10, 10)) == 0);
  CHECK(spool.Add(SampleBatch(20, 10)) == 10);
  CHECK(spool.Next()->batch->bytes() == SampleLines(10, 10).bytes);
}

inline void CheckHandedOutNeverGivenUp(Spool& spool) {  // holds two batches of ten
  spool.Add(SampleBatch(0, 10));
  const auto held = spool.Next();
  spool.Add(SampleBatch(10, 10));
  CHECK(spool.Add(SampleBatch(20, 10)) == 10);
  CHECK(spool.stats().lines == 20);
  CHECK(held->batch->bytes() == SampleLines(0, 10).bytes);
  CHECK(spool.Next()->batch->bytes() == SampleLines(20, 10).bytes);
}

inline void CheckNewestKept(Spool& spool) {  // holds two batches of ten
  spool.Add(SampleBatch(0, 10));
  CHECK(spool.Add(SampleBatch(10, 50)) == 10);
  CHECK(spool.Next()->batch->line_count() == 50);
}

// What the writer relies on. Every implementation of the port has to pass.
inline void RunSpoolSuite(const MakeSpool& make) {
  const std::uint64_t two_batches = 2 * SampleLines(0, 10).bytes.size();
  SECTION("a new spool has nothing") {
    const auto spool = make(kPlenty);
    CHECK_FALSE(spool->Next());
    CHECK(spool->stats().batches == 0);
  }
  SECTION("batches come out oldest first, each once") { CheckOrder(*make(kPlenty)); }
  SECTION("what is held is counted") { CheckStats(*make(kPlenty)); }
  SECTION("a batch that was handed out is still held") { CheckHandedOutStillHeld(*make(kPlenty)); }
  SECTION("an acknowledged batch is forgotten, the others are not") { CheckAcknowledged(*make(kPlenty)); }
  SECTION("acknowledging again changes nothing") { CheckAcknowledgedTwice(*make(kPlenty)); }
  SECTION("over the bound the oldest is given up and its lines are told") { CheckOldestGivenUp(*make(two_batches)); }
  SECTION("a batch that was handed out is never given up") { CheckHandedOutNeverGivenUp(*make(two_batches)); }
  SECTION("the newest batch is kept even if it alone is above the bound") { CheckNewestKept(*make(two_batches)); }
}

}  // namespace vmtelem

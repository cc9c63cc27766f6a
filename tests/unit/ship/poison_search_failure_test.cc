#include <catch2/catch.hpp>

#include "searched.h"

// Servers that fail, or break off, when they are given a line, or for no reason that the lines have to do with.
namespace vmtelem {
namespace {

using Texts = std::vector<std::string>;

// The batch fails, between two requests of others.
void FailBetween(Searched& batch, bool before, bool after) {
  batch.Other(before);
  batch.sent = batch.search.Next(1U << 20U);
  batch.search.Answered(SayCrash(), before);
  batch.Other(after);
}

TEST_CASE("a batch is suspected when it failed five times in a row between requests that were stored") {
  Searched batch(8);
  for (unsigned i = 0; i < PoisonEvidence::kFailuresToSuspect; ++i) {
    CHECK_FALSE(batch.search.searching());
    FailBetween(batch, true, true);
  }
  CHECK(batch.search.searching());
  CHECK(batch.search.Next(1U << 20U)->line_count() == 4);
}

TEST_CASE("a failure with another just before or just after it starts the count anew") {
  const auto [before, after] = GENERATE(std::pair{true, false}, std::pair{false, true}, std::pair{false, false});
  Searched batch(8);
  for (unsigned i = 0; i < 4 * PoisonEvidence::kFailuresToSuspect; ++i) {
    if (i % PoisonEvidence::kFailuresToSuspect == 0) {
      FailBetween(batch, before, after);
    } else {
      FailBetween(batch, true, true);
    }
  }
  CHECK_FALSE(batch.search.searching());
}

TEST_CASE("a batch that fails again and again with nothing else between is never suspected") {
  Searched batch(8);
  batch.Other(true);
  for (int i = 0; i < 100; ++i) {
    batch.search.Next(1U << 20U);
    batch.search.Answered(SayCrash(), i == 0);
  }
  CHECK_FALSE(batch.search.searching());
}

TEST_CASE("a failure does not count when the batch is on its way again before others are answered") {
  Searched batch(8);
  batch.Other(true);
  batch.search.Next(1U << 20U);
  for (unsigned i = 0; i < 4 * PoisonEvidence::kFailuresToSuspect; ++i) {
    batch.search.Answered(SayCrash(), true);
    batch.search.Next(1U << 20U);
    batch.Other(true);
  }
  CHECK_FALSE(batch.search.searching());
}

TEST_CASE("failures of which some cannot be the batch's fault start the count anew") {
  Searched batch(8);
  for (unsigned i = 0; i < 4 * PoisonEvidence::kFailuresToSuspect; ++i) {
    FailBetween(batch, true, true);
    if (i % 3 != 0) continue;
    batch.search.Next(1U << 20U);
    batch.search.Answered(Say(Action::kRetry), true);
    batch.Other(true);
  }
  CHECK_FALSE(batch.search.searching());
}

TEST_CASE("a single line is isolated when it failed five times, and five times more when it was suspected") {
  Searched batch(1);
  for (unsigned i = 0; i < 2 * PoisonEvidence::kFailuresToSuspect; ++i) {
    CHECK(batch.rejected.empty());
    FailBetween(batch, true, true);
  }
  CHECK(batch.rejected == Texts{SampleLine(0)});
}

TEST_CASE("failures that cannot be the batch's fault do not count") {
  Searched batch(8);
  for (int i = 0; i < 20; ++i) {
    batch.Other(true);
    batch.search.Next(1U << 20U);
    batch.search.Answered(Say(Action::kRetry), true);
    batch.Other(true);
  }
  CHECK_FALSE(batch.search.suspect());
}

TEST_CASE("a batch that nobody answers makes no probes until others were stored meanwhile, and then is suspected") {
  Verdict silence = SayCrash();
  silence.silent = true;
  Searched batch(8);
  for (unsigned i = 0; i < PoisonEvidence::kFailuresToSuspect; ++i) {
    batch.Other(true);
    batch.sent = batch.search.Next(1U << 20U);
    batch.search.Answered(silence, true);
    CHECK(batch.search.WantsProbe(false) == (i > 0));
    batch.Other(true);
  }
  CHECK(batch.search.Next(1U << 20U)->line_count() == 4);
}

TEST_CASE("the line with which the server fails is found, at a known cost") {
  for (const std::size_t bad : {0U, 1U, 500U, 999U}) {
    Searched batch(1000);
    batch.Run(When({bad}, SayCrash()));
    CHECK(batch.search.done());
    CHECK(batch.rejected == Texts{SampleLine(bad)});
    CHECK(batch.requests <= 10 * 10 + 20 + 20);
  }
}

TEST_CASE("a failed batch makes probes for the requests just before and just after it") {
  Searched batch(8);
  batch.Send(SayCrash());
  CHECK_FALSE(batch.search.WantsProbe(false));  // it may have been a moment's failure
  batch.Send(SayCrash());
  CHECK(batch.search.WantsProbe(false));
  batch.Send({});
  CHECK(batch.is_probe);
  CHECK_FALSE(batch.search.WantsProbe(true));
  batch.Send(SayCrash());
  CHECK_FALSE(batch.is_probe);
  CHECK(batch.search.awaits_next());
}

}  // namespace
}  // namespace vmtelem

#include "ship/track_record.h"

#include <catch2/catch.hpp>

#include "ship/last_slot.h"

namespace vmtelem {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr SteadyTime kStart{seconds(100)};
constexpr TrackRecord::Request kTrial{true, false}, kSuspect{false, false}, kProving{false, true};

TrackRecord Record() {
  return TrackRecord(Backoff(seconds(10), [] { return 1.0; }));
}

TEST_CASE("a target is well until eight requests in a row fail and five seconds have passed") {
  TrackRecord record = Record();
  record.Accepted(kTrial, kStart);
  for (int i = 0; i < 10; ++i) record.Failed(kSuspect, kStart + seconds(4));
  CHECK(record.trials().well);
  record.Failed(kSuspect, kStart + seconds(5));
  CHECK_FALSE(record.trials().well);
  record.Accepted(kSuspect, kStart + seconds(60));
  for (int i = 0; i < 7; ++i) record.Failed(kSuspect, kStart + seconds(70));
  CHECK(record.trials().well);
}

TEST_CASE("lines that are known to fail do not make a target unwell") {
  TrackRecord record = Record();
  for (int i = 0; i < 100; ++i) record.Failed(kProving, kStart);
  CHECK(record.trials().well);
}

TEST_CASE("only trials are counted as such") {
  TrackRecord record = Record();
  record.Accepted(kTrial, kStart);
  record.Accepted(kSuspect, kStart);
  record.Failed(kTrial, kStart);
  record.Failed(kProving, kStart);
  CHECK(record.accepted() == 2);
  CHECK(record.trials().accepted == 1);
  CHECK(record.trials().suspected == 1);
}

TEST_CASE("the failure rate follows the last few trials") {
  TrackRecord record = Record();
  for (int i = 0; i < 100; ++i) record.Failed(kTrial, kStart);
  CHECK(record.trials().failure_rate > 0.95);
  for (int i = 0; i < 100; ++i) record.Accepted(kTrial, kStart);
  CHECK(record.trials().failure_rate < 0.05);
}

TEST_CASE("attempts without new evidence come ever more slowly, until there is some") {
  TrackRecord record = Record();
  record.FailedWithoutEvidence(kStart);
  CHECK(record.ask_again_at() == kStart + milliseconds(500));
  record.FailedWithoutEvidence(kStart);
  CHECK(record.ask_again_at() == kStart + seconds(1));
  record.Accepted(kTrial, kStart);
  CHECK(record.ask_again_at() <= kStart);
}

TEST_CASE("the last slot may be taken after five seconds in which nothing but live batches got on") {
  LastSlot slot;
  CHECK_FALSE(slot.opens_at());
  CHECK_FALSE(slot.MayTake(kStart));
  CHECK(slot.opens_at() == kStart + seconds(5));
  CHECK_FALSE(slot.MayTake(kStart + seconds(4)));
  CHECK(slot.MayTake(kStart + seconds(5)));
  slot.Started();
  CHECK_FALSE(slot.MayTake(kStart + seconds(6)));
}

}  // namespace
}  // namespace vmtelem

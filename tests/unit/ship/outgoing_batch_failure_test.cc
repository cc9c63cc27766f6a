#include <numeric>

#include <catch2/catch.hpp>

#include "outgoing_fixture.h"

namespace vmtelem {
namespace {

TEST_CASE("a batch with which the server fails is halved after five failures") {
  OutgoingBatch batch = Outgoing(8);
  for (int failure = 0; failure < 5; ++failure) {
    CHECK(NextBytes(batch) == SampleLines(0, 8).bytes);
    CHECK(batch.Settle(SayCrash(), 0).delay == Step::Delay::kBackOff);
  }
  CHECK(NextBytes(batch) == SampleLines(0, 4).bytes);
}

TEST_CASE("what was part of a failed request tells nothing of the target, what lies behind it does") {
  OutgoingBatch batch = Outgoing(4);
  NextBytes(batch);
  CHECK_FALSE(batch.sent_suspect());
  for (int failure = 0; failure < 5; ++failure) batch.Settle(SayCrash(), 0), NextBytes(batch);
  CHECK(batch.sent_suspect());  // lines 0 and 1
  batch.Settle(Say(Action::kAck), 1);
  NextBytes(batch, 1);
  CHECK(batch.sent_suspect());  // line 2
  batch.Settle(Say(Action::kBisect), 2);
  CHECK(NextBytes(batch, 2) == SampleLines(3, 1).bytes);
  CHECK_FALSE(batch.sent_suspect());
}

TEST_CASE("a batch that fails twice while the target takes others is halved, and waits alone") {
  OutgoingBatch batch = Outgoing(8);
  for (const std::uint64_t accepted : {0U, 1U}) {
    CHECK(NextBytes(batch, accepted) == SampleLines(0, 8).bytes);
    CHECK(batch.Settle(SayCrash(), accepted + 1).delay == Step::Delay::kAlone);
    CHECK(batch.suspect());
  }
  CHECK(NextBytes(batch, 2) == SampleLines(0, 4).bytes);
}

TEST_CASE("the more the target fails of others, the more failures it takes to halve a batch") {
  OutgoingBatch batch = Outgoing(8);
  Trials trials;
  trials.failure_rate = 0.6;
  for (std::uint64_t accepted = 0; accepted < 4; ++accepted) {
    CHECK(NextBytes(batch, accepted) == SampleLines(0, 8).bytes);
    batch.Settle(SayCrash(), accepted + 1, trials);
  }
  CHECK(NextBytes(batch, 4) == SampleLines(0, 4).bytes);
}

TEST_CASE("a line that fails alone is set aside for those behind it while the target takes others") {
  OutgoingBatch batch = Outgoing(2);
  std::uint64_t accepted = 0;
  for (int failure = 0; failure < 4; ++failure) {  // twice the whole, twice line 0
    NextBytes(batch, accepted);
    batch.Settle(SayCrash(), ++accepted);
  }
  CHECK(NextBytes(batch, accepted) == SampleLines(1, 1).bytes);
  batch.Settle(Say(Action::kAck), ++accepted);
  CHECK(batch.proving());
  CHECK(NextBytes(batch, accepted) == SampleLines(0, 1).bytes);
}

TEST_CASE("failures that cannot be the batch's fault never halve it") {
  OutgoingBatch batch = Outgoing(8);
  for (int failure = 0; failure < 50; ++failure) {
    NextBytes(batch);
    batch.Settle(Say(Action::kRetry), 0);
  }
  CHECK(NextBytes(batch) == SampleLines(0, 8).bytes);
}

TEST_CASE("a line with which the server fails is not rejected while the server accepts nothing") {
  OutgoingBatch batch = Outgoing(1);
  for (int failure = 0; failure < 50; ++failure) {
    NextBytes(batch, 3);
    CHECK(batch.Settle(SayCrash(), 3).rejected() == 0);
  }
  CHECK(batch.remaining_lines() == 1);
}

// Fails so often, each time after so many requests were accepted, while `failures` of other requests fail between two.
std::size_t RejectedAfter(const std::vector<std::uint64_t>& accepted, std::uint64_t failures = 0) {
  OutgoingBatch batch = Outgoing(1);
  std::size_t rejected = 0;
  Trials trials;
  for (const std::uint64_t count : accepted) {
    CHECK(rejected == 0);
    NextBytes(batch, count);
    trials = {count, trials.suspected + failures};
    rejected = batch.Settle(SayCrash(), count, trials).rejected();
  }
  return rejected;
}

TEST_CASE("failures with few signs of life between them may be an outage that just ended") {
  CHECK(RejectedAfter({0, 0, 0, 1, 1, 1, 1, 1, 1, 900}) == 0);
  CHECK(RejectedAfter({0, 0, 0, 1, 1, 1, 1, 1, 1, 900, 901, 902, 903}) == 1);
}

TEST_CASE("a line is rejected when the server failed it each time and took all others") {
  CHECK(RejectedAfter({1, 100, 200, 300, 400}) == 0);
  CHECK(RejectedAfter({1, 100, 200, 300, 400, 500}) == 1);
  CHECK(RejectedAfter({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}) == 0);
  CHECK(RejectedAfter({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}) == 1);
}

TEST_CASE("a line is not rejected while the server fails other requests as often") {
  std::vector<std::uint64_t> accepted(12);
  std::iota(accepted.begin(), accepted.end(), 1);
  CHECK(RejectedAfter(accepted, 3) == 0);
}

TEST_CASE("after a part of a batch was accepted it takes five failures again to halve the rest") {
  OutgoingBatch batch = Outgoing(8);
  for (int failure = 0; failure < 5; ++failure) {
    NextBytes(batch);
    batch.Settle(SayCrash(), 0);
  }
  NextBytes(batch);
  batch.Settle(Say(Action::kAck), 1);
  const std::string rest = NextBytes(batch, 1);
  for (int failure = 0; failure < 4; ++failure) {
    batch.Settle(SayCrash(), 1);
    CHECK(NextBytes(batch, 1) == rest);
  }
  batch.Settle(SayCrash(), 1);
  CHECK(NextBytes(batch, 1).size() < rest.size());
}

}  // namespace
}  // namespace vmtelem

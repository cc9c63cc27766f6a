#include "ship/outgoing_batch.h"

#include <catch2/catch.hpp>

#include "outgoing_fixture.h"

namespace vmtelem {
namespace {

TEST_CASE("a batch goes out whole and is done when it is acknowledged") {
  OutgoingBatch batch = Outgoing(4);
  CHECK(NextBytes(batch) == SampleLines(0, 4).bytes);
  CHECK(batch.Settle(Say(Action::kAck), 1).written == 4);
  CHECK(batch.done());
  CHECK(batch.remaining_lines() == 0);
}

TEST_CASE("of a batch that is stored in part the named and the unnamed lines are rejected") {
  OutgoingBatch batch = Outgoing(10);
  NextBytes(batch);
  Verdict verdict = SayLines(Action::kAckPartly, {1, 6});
  verdict.unnamed_lines = 3;
  const Step step = batch.Settle(verdict, 1);
  CHECK(step.written == 5);
  CHECK(step.rejected() == 5);
  CHECK(batch.done());
}

TEST_CASE("a server cannot reject more lines than it was sent") {
  OutgoingBatch batch = Outgoing(4);
  NextBytes(batch);
  Verdict verdict = SayLines(Action::kAckPartly, {0, 1});
  verdict.unnamed_lines = 1000;
  const Step step = batch.Settle(verdict, 1);
  CHECK(step.rejected() == 4);
  CHECK(step.written == 0);
}

TEST_CASE("a rejection carries each line whole") {
  OutgoingBatch batch = Outgoing(10);
  NextBytes(batch);
  const Step step = batch.Settle(SayLines(Action::kAckPartly, {1, 6}), 1);
  REQUIRE(step.rejections.size() == 1);
  CHECK(step.rejections.front().texts == std::vector{SampleLine(1), SampleLine(6)});
}

TEST_CASE("named lines are taken out and the others go out again") {
  OutgoingBatch batch = Outgoing(3);
  NextBytes(batch);
  const Step step = batch.Settle(SayLines(Action::kRemoveLines, {1}), 0);
  CHECK(step.rejected() == 1);
  CHECK(step.delay == Step::Delay::kNone);
  CHECK(NextBytes(batch) == SampleLine(0) + "\n" + SampleLine(2) + "\n");
}

TEST_CASE("a batch of which every line is taken out is done") {
  OutgoingBatch batch = Outgoing(2);
  NextBytes(batch);
  CHECK(batch.Settle(SayLines(Action::kRemoveLines, {0, 1}), 0).rejected() == 2);
  CHECK(batch.done());
}

TEST_CASE("after three rounds of taking out the names are not believed and the batch is halved") {
  OutgoingBatch batch = Outgoing(20);
  for (int round = 0; round < 3; ++round) {
    NextBytes(batch);
    CHECK(batch.Settle(SayLines(Action::kRemoveLines, {0}), 0).rejected() == 1);
  }
  NextBytes(batch);
  const Step fourth = batch.Settle(SayLines(Action::kRemoveLines, {0}), 0);
  CHECK(fourth.rejected() == 0);
  CHECK(fourth.search_began);
  CHECK(NextBytes(batch) == SampleLines(3, 8).bytes);
}

TEST_CASE("a batch that is too large goes out in halves") {
  OutgoingBatch batch = Outgoing(5);
  NextBytes(batch);
  CHECK(batch.Settle(Say(Action::kSplit), 0).delay == Step::Delay::kNone);
  CHECK(NextBytes(batch) == SampleLines(0, 2).bytes);
  batch.Settle(Say(Action::kAck), 1);
  CHECK(NextBytes(batch, 1) == SampleLines(2, 3).bytes);
  batch.Settle(Say(Action::kAck), 2);
  CHECK(batch.done());
}

TEST_CASE("a batch above a known limit is halved before it is sent") {
  OutgoingBatch batch = Outgoing(8);
  CHECK(batch.Next(0, SampleLines(0, 3).bytes.size())->line_count() == 2);
}

TEST_CASE("a single line above a known limit is sent all the same") {
  OutgoingBatch batch = Outgoing(1);
  CHECK(batch.Next(0, 1)->line_count() == 1);
}

TEST_CASE("the sink may ask once for the same again, then it has to wait") {
  OutgoingBatch batch = Outgoing(2);
  NextBytes(batch);
  CHECK(batch.Settle(Say(Action::kResend), 0).delay == Step::Delay::kNone);
  CHECK(NextBytes(batch) == SampleLines(0, 2).bytes);
  CHECK(batch.Settle(Say(Action::kResend), 0).delay == Step::Delay::kBackOff);
}

TEST_CASE("a retry and a hold keep every line") {
  OutgoingBatch batch = Outgoing(2);
  NextBytes(batch);
  CHECK(batch.Settle(Say(Action::kRetry), 0).delay == Step::Delay::kBackOff);
  CHECK(NextBytes(batch) == SampleLines(0, 2).bytes);
  CHECK(batch.Settle(Say(Action::kHold), 0).delay == Step::Delay::kHold);
  CHECK(NextBytes(batch) == SampleLines(0, 2).bytes);
  CHECK(batch.remaining_lines() == 2);
}

TEST_CASE("a line that is refused alone while nothing was accepted is kept and the target is held") {
  OutgoingBatch batch = Outgoing(1);
  NextBytes(batch);
  const Step step = batch.Settle(Say(Action::kBisect), 0);
  CHECK(step.rejected() == 0);
  CHECK(step.delay == Step::Delay::kHold);
  CHECK(batch.needs_evidence(0));
  CHECK(NextBytes(batch) == SampleLines(0, 1).bytes);
}

TEST_CASE("a line that is refused alone is rejected once the target accepted another batch") {
  OutgoingBatch batch = Outgoing(1);
  NextBytes(batch);
  batch.Settle(Say(Action::kBisect), 0);
  CHECK_FALSE(batch.needs_evidence(1));
  NextBytes(batch, 1);
  CHECK(batch.Settle(Say(Action::kBisect), 1).rejected() == 1);
  CHECK(batch.done());
}

TEST_CASE("what the target accepted before it refused the line proves nothing") {
  OutgoingBatch batch = Outgoing(1);
  NextBytes(batch, 7);
  CHECK(batch.Settle(Say(Action::kBisect), 7).rejected() == 0);
}

TEST_CASE("a batch is held after a number of lines were refused one by one, before all of it was tried") {
  OutgoingBatch batch = Outgoing(2000);
  std::size_t requests = 0;
  Step step;
  while (step.delay == Step::Delay::kNone) {
    NextBytes(batch);
    step = batch.Settle(Say(Action::kBisect), 0);
    REQUIRE(++requests < 100);
  }
  CHECK(step.delay == Step::Delay::kHold);
  CHECK(batch.remaining_lines() == 2000);
}

TEST_CASE("lines that were set aside are asked again when another line was accepted") {
  OutgoingBatch batch = Outgoing(2);
  for (int refusals = 0; refusals < 2; ++refusals) {  // the whole, then line 0
    NextBytes(batch);
    batch.Settle(Say(Action::kBisect), 0);
  }
  CHECK(NextBytes(batch) == SampleLines(1, 1).bytes);
  CHECK(batch.Settle(Say(Action::kAck), 1).written == 1);
  CHECK(NextBytes(batch, 1) == SampleLines(0, 1).bytes);
  CHECK(batch.Settle(Say(Action::kBisect), 1).rejected() == 1);
  CHECK(batch.done());
}

TEST_CASE("what is left of a batch are the lines that are neither delivered nor rejected") {
  OutgoingBatch batch = Outgoing(8);
  for (int refusals = 0; refusals < 4; ++refusals) {  // the whole, 0 to 3, 0 to 1, then line 0
    NextBytes(batch);
    batch.Settle(Say(Action::kBisect), 0);
  }
  NextBytes(batch);
  batch.Settle(Say(Action::kAck), 1);
  const Batch rest = batch.Remaining();
  CHECK(rest.bytes() == SampleLine(0) + "\n" + SampleLines(2, 6).bytes);
  CHECK(rest.line_count() == batch.remaining_lines());
  CHECK(rest.first_wall_ns() == 0);
  CHECK(rest.last_wall_ns() == 7);
}

TEST_CASE("several batches go as one and are done together") {
  OutgoingBatch batch({SpooledBatch{3, SampleBatch(0, 2), true}, SpooledBatch{9, SampleBatch(2, 3), true}});
  CHECK(NextBytes(batch) == SampleLines(0, 5).bytes);
  CHECK(batch.ids() == std::vector<std::uint64_t>{3, 9});
  CHECK(batch.durable());
  CHECK(batch.Settle(Say(Action::kAck), 1).written == 5);
  CHECK(batch.done());
}

}  // namespace
}  // namespace vmtelem

#include "ship/poison_search.h"

#include <catch2/catch.hpp>

#include "searched.h"

// Refusals. See poison_search_failure_test.cc for servers that fail.
namespace vmtelem {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("a batch goes out whole and is done when it is stored") {
  Searched batch(5);
  CHECK(batch.Send({}).written == 5);
  CHECK(batch.sent->line_count() == 5);
  CHECK(batch.search.done());
  CHECK(batch.search.pieces().remaining_lines() == 0);
}

TEST_CASE("a line that is refused alone between two requests that were stored is isolated, with the server's words") {
  Searched batch(1);
  batch.Other(true);
  CHECK(batch.Send(SayRefused()).rejections.empty());
  CHECK(batch.search.WantsProbe(false));
  batch.Other(true);
  CHECK(batch.rejected == Texts{SampleLine(0)});
  CHECK(batch.search.done());
}

TEST_CASE("a line that is refused alone is kept if nothing was stored just before") {
  Searched batch(1);
  batch.Send(SayRefused());
  batch.Other(true);
  CHECK(batch.rejected.empty());
}

TEST_CASE("a line that is refused alone is kept if nothing is stored just after") {
  Searched batch(1);
  batch.Other(true);
  batch.Send(SayRefused());
  batch.Other(false);
  batch.Other(true);
  CHECK(batch.rejected.empty());
}

TEST_CASE("a refused batch is halved once it is known that the target takes other lines") {
  Searched batch(8);
  batch.Other(true);
  CHECK(batch.Send(SayRefused()).search_began);
  batch.Send(SayRefused());
  CHECK(batch.sent->line_count() == 4);
}

TEST_CASE("a batch that is refused while nothing is known of the target is followed by a line of it") {
  Searched batch(8);
  batch.Send(SayRefused());
  CHECK(batch.search.WantsProbe(false));
  CHECK(batch.Send({}).search_began);
  CHECK(batch.sent->line_count() == 1);
  batch.Send(SayRefused());
  CHECK(batch.sent->line_count() == 4);
}

TEST_CASE("a target that refuses two lines of each measurement as well is what is at fault") {
  Lines lines;
  for (const char* const line : {"a,i=1 v=1i 1", "a,i=2 v=1i 1", "a,i=3 v=1i 1", "b,i=1 v=1i 1"}) {
    lines.bytes.append(line).push_back('\n');
    lines.NoteLine(1);
  }
  KnownPoison known;
  PoisonSearch search(std::make_shared<const Batch>(std::move(lines)), known);
  search.Next(1U << 20U);
  search.Answered(SayRefused(), false);
  std::set<std::string> samples;
  Step step;
  for (int i = 0; i < 20 && step.delay == Step::Delay::kNone; ++i) {
    REQUIRE(search.WantsProbe(false));
    samples.insert(search.Sample()->bytes());
    step = search.ProbeAnswered(SayRefused());
  }
  CHECK(step.delay == Step::Delay::kHold);
  CHECK(samples == std::set<std::string>{"a,i=1 v=1i 1\n", "a,i=2 v=1i 1\n", "b,i=1 v=1i 1\n"});
  CHECK(search.pieces().remaining_lines() == 4);
}

TEST_CASE("after the target was at fault the batch is sent whole again") {
  Searched batch(8);
  Step step = batch.Send(SayRefused());
  while (step.delay != Step::Delay::kHold) step = batch.Send(SayRefused());
  batch.Other(true);
  batch.Send({});
  CHECK(batch.sent->line_count() == 8);
}

TEST_CASE("every bad line is found, and only those") {
  const Numbers bad =
      GENERATE(Numbers{0}, Numbers{99}, Numbers{3, 4}, Numbers{0, 50, 51, 99}, Numbers{7, 8, 9, 10, 11});
  Searched batch(100);
  batch.Run(When(bad, SayRefused()));
  CHECK(batch.search.done());
  CHECK(batch.written == 100 - bad.size());
  Texts expected;
  for (const std::size_t number : bad) expected.push_back(SampleLine(number));
  CHECK(batch.rejected == expected);
}

TEST_CASE("a target that is out of order in the middle of a search costs no line") {
  for (int from = 0; from < 12; ++from) {
    Searched batch(64);
    int requests = 0;
    batch.Run([&](const Batch& sent) {
      const bool out_of_order = ++requests > from && requests <= from + 40;
      return out_of_order || Holds(sent, 17) ? SayRefused() : Verdict{};
    });
    CHECK(batch.search.done());
    CHECK(batch.rejected == Texts{SampleLine(17)});
  }
}

TEST_CASE("a probe that is answered when its batch is done already changes nothing") {
  Searched batch(1);
  batch.Other(true);
  batch.Send(SayRefused());
  REQUIRE(batch.search.WantsProbe(false));
  batch.Other(true);
  REQUIRE(batch.search.done());
  CHECK(batch.search.ProbeAnswered(SayRefused()).delay == Step::Delay::kNone);
  CHECK(batch.search.OtherAnswered(true).rejections.empty());
}

TEST_CASE("lines that the server names go alone, behind the others") {
  Searched batch(10);
  batch.Send(SayLines(Action::kRefuse, {2, 5}));
  batch.Send({});
  CHECK(batch.sent->line_count() == 8);
  batch.Send({});
  CHECK(batch.sent->bytes() == SampleLine(2) + "\n");
  batch.Send({});
  CHECK(batch.sent->bytes() == SampleLine(5) + "\n");
  CHECK(batch.written == 10);
}

TEST_CASE("after three rounds of names a batch that is refused is halved") {
  Searched batch(10);
  batch.Other(true);
  for (int i = 0; i < 3; ++i) {
    batch.Send(SayLines(Action::kRefuse, {0}));
    batch.Other(true);
  }
  batch.Send(SayLines(Action::kRefuse, {0}));
  batch.Send({});
  CHECK(batch.sent->line_count() == 3);
}

TEST_CASE("of a batch that is stored in part the named lines are sent again alone, and nothing else is") {
  Searched batch(10);
  CHECK(batch.Send(SayLines(Action::kAckPartly, {3})).written == 9);
  batch.Send({});
  CHECK(batch.sent->bytes() == SampleLine(3) + "\n");
  CHECK(batch.search.done());
}

TEST_CASE("lines like those that were isolated are split off, and all others go first") {
  Searched first(4);
  first.Run(When({1}, SayRefused()));
  PoisonSearch later(SampleBatch(0, 4), first.known);
  later.SplitOffKnown();
  CHECK(later.Next(1U << 20U)->line_count() == 3);
  CHECK_FALSE(later.suspect());
  later.Answered({}, true);
  CHECK(later.suspect());
  CHECK(later.Next(1U << 20U)->bytes() == SampleLine(1) + "\n");
}

TEST_CASE("a line like those that were isolated is known no more when it is stored") {
  Searched first(4);
  first.Run(When({1}, SayRefused()));
  PoisonSearch later(SampleBatch(0, 4), first.known);
  later.SplitOffKnown();
  for (int i = 0; i < 2; ++i) {
    later.Next(1U << 20U);
    later.Answered({}, true);
  }
  CHECK(later.done());
  CHECK(first.known.empty());
}

TEST_CASE("a batch that is too large goes out in halves") {
  Searched batch(9);
  batch.Send(Say(Action::kSplit));
  batch.Send({});
  CHECK(batch.sent->line_count() == 4);
  batch.Send({});
  CHECK(batch.sent->line_count() == 5);
  CHECK(batch.search.done());
}

TEST_CASE("a batch above a known limit is halved before it is sent, a single line is not") {
  KnownPoison known;
  PoisonSearch search(SampleBatch(0, 8), known);
  CHECK(search.Next(2 * (SampleLine(0).size() + 1))->line_count() == 2);
  PoisonSearch single(SampleBatch(0, 1), known);
  CHECK(single.Next(1)->line_count() == 1);
}

TEST_CASE("the sink may ask once for the same again, then it has to wait") {
  Searched batch(3);
  CHECK(batch.Send(Say(Action::kResend)).delay == Step::Delay::kNone);
  CHECK(batch.Send(Say(Action::kResend)).delay == Step::Delay::kBackOff);
  CHECK(batch.search.pieces().remaining_lines() == 3);
}

TEST_CASE("a hold keeps every line") {
  Searched batch(3);
  CHECK(batch.Send(Say(Action::kHold)).delay == Step::Delay::kHold);
  CHECK(batch.search.pieces().remaining_lines() == 3);
}

TEST_CASE("the lines that remain of a batch are those neither stored nor isolated") {
  Searched batch(8);
  batch.Other(true);
  batch.Send(SayRefused());
  batch.Send({});
  CHECK(batch.search.pieces().Remaining()->bytes() == SampleBatch(4, 4)->bytes());
}

}  // namespace
}  // namespace vmtelem

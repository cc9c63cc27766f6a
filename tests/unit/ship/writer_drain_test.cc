#include <catch2/catch.hpp>

#include "poison_answers.h"
#include "ship/writer.h"
#include "writer_world.h"

namespace vmtelem {
namespace {

TEST_CASE("a stop delivers the batch that is half full, at once") {
  WriterWorld world;
  world.options.batch_max_age = hours(1);
  world.PushAt(seconds(1), 3);
  world.StopAt(seconds(2));
  world.Run();
  CHECK(world.AllStoredBut({}));
  CHECK(world.target.RequestAt(0) == seconds(2));
  CHECK(world.target.elapsed() < seconds(3));
}

TEST_CASE("a stop waits for requests that are out") {
  WriterWorld world;
  world.target.latency = seconds(8);
  world.PushEvery(milliseconds(100), 2500, 3);
  world.StopAt(seconds(2), seconds(20));
  world.Run();
  CHECK(world.AllStoredBut({}));
  CHECK(world.target.aborted == 0);
}

TEST_CASE("a stop ends with its time-out, and lines that are left are dropped, counted and logged") {
  WriterWorld world;
  world.target.latency = hours(1);
  world.Push(30);
  world.PushAt(seconds(3), 12);
  world.StopAt(seconds(5), seconds(4));
  world.Run();
  CHECK(world.target.elapsed() == seconds(9));
  CHECK(world.target.aborted == 2);
  CHECK(world.counts().dropped == 42);
  CHECK(world.counts().in_flight + world.counts().queued == 0);
  CHECK(world.Logged("42 lines not delivered and dropped: no answer within the drain time-out").size() == 1);
  REQUIRE(world.writer->stats().fault);
  CHECK(world.writer->stats().fault->code == ErrorCode::kTimeout);
  CHECK(world.adds_up);
}

TEST_CASE("lines that are dropped at the end carry the fault that kept them") {
  WriterWorld world;
  world.target.answer = [](const Batch&) { return Say(Action::kRetry, ErrorCode::kUnreachable, "it is away"); };
  world.Push(3);
  world.StopAt(seconds(5), seconds(4));
  world.Run();
  REQUIRE(world.writer->stats().fault);
  CHECK(world.writer->stats().fault->code == ErrorCode::kUnreachable);
  CHECK(world.Logged("dropped: it is away").size() == 1);
}

TEST_CASE("a reader that has gone is no error: its lines are counted as dropped and nothing is logged") {
  WriterWorld world;
  world.target.answer = [](const Batch&) { return Say(Action::kHold, ErrorCode::kClosed, "the reader has gone"); };
  world.Push(3);
  world.StopAt(seconds(5), seconds(4));
  world.Run();
  CHECK(world.counts().dropped == 3);
  CHECK(world.Logged("").empty());
}

TEST_CASE("a stop tries waiting batches at once, and then with short waits") {
  WriterWorld world;
  world.options.retry_max = minutes(10);
  world.target.answer = [&](const Batch&) {
    return world.target.elapsed() < minutes(20) + seconds(5) ? Say(Action::kRetry) : Verdict{};
  };
  world.Push(3);
  world.StopAt(minutes(20), seconds(15));
  world.Run();
  CHECK(world.AllStoredBut({}));
  CHECK(world.target.elapsed() <= minutes(20) + seconds(7));
}

TEST_CASE("a stop that may end on a refusal of access does so at once") {
  WriterWorld world;
  world.stops_on_hold = true;
  world.target.answer = [](const Batch&) { return Say(Action::kHold, ErrorCode::kDenied, "the token is refused"); };
  world.Push(3);
  world.StopAt(Nanoseconds::zero(), seconds(15));
  world.Run();
  CHECK(world.target.elapsed() < seconds(1));
  CHECK(world.target.requests.size() == 1);
  REQUIRE(world.writer->stats().fault);
  CHECK(world.writer->stats().fault->code == ErrorCode::kDenied);
  CHECK(world.counts().dropped == 3);
}

TEST_CASE("a stop that may not end on a refusal of access goes on") {
  WriterWorld world;
  world.target.answer = [&](const Batch&) {
    return world.target.elapsed() < seconds(5) ? Say(Action::kHold, ErrorCode::kDenied) : Verdict{};
  };
  world.Push(3);
  world.StopAt(Nanoseconds::zero(), seconds(15));
  world.Run();
  CHECK(world.AllStoredBut({}));
}

TEST_CASE("after the end the fault is that lines were rejected") {
  WriterWorld world;
  world.target.answer = Names({0});
  world.Push(3);
  world.StopAt(seconds(3));
  world.Run();
  REQUIRE(world.writer->stats().fault);
  CHECK(world.writer->stats().fault->code == ErrorCode::kRefusedData);
}

TEST_CASE("after the end rejected lines are reported before a fault that kept no line back") {
  WriterWorld world;
  world.target.answer = [retried = false](const Batch& batch) mutable {
    if (!std::exchange(retried, true)) return Say(Action::kRetry);
    return Names({0})(batch);
  };
  world.Push(2);
  world.StopAt(seconds(3));
  world.Run();
  CHECK(world.counts().rejected == 1);
  REQUIRE(world.writer->stats().fault);
  CHECK(world.writer->stats().fault->code == ErrorCode::kRefusedData);
}

TEST_CASE("a second stop can shorten the time and cannot extend it") {
  for (const auto& [second, end] : {std::pair{seconds(1), seconds(5)}, std::pair{seconds(100), seconds(12)}}) {
    WriterWorld world;
    world.target.latency = hours(1);
    world.Push(3);
    world.StopAt(seconds(2), seconds(10));
    world.StopAt(seconds(4), second);
    world.Run();
    CHECK(world.target.elapsed() == end);
  }
}

TEST_CASE("a writer with nothing to deliver stops at once") {
  WriterWorld world;
  world.StopAt(seconds(2));
  world.Run();
  CHECK(world.target.elapsed() == seconds(2));
  CHECK(world.target.requests.empty());
}

}  // namespace
}  // namespace vmtelem

#include "ship/writer.h"

#include <catch2/catch.hpp>

#include "writer_world.h"

namespace vmtelem {
namespace {

TEST_CASE("lines are delivered when the batch is old enough") {
  WriterWorld world;
  world.options.batch_max_age = milliseconds(700);
  world.PushAt(milliseconds(100), 3);
  world.StopAt(seconds(5));
  world.Run();
  REQUIRE(world.target.requests.size() == 1);
  CHECK(world.target.RequestAt(0) == milliseconds(800));
  CHECK(world.AllStoredBut({}));
}

TEST_CASE("lines are delivered at once when the batch has enough of them") {
  WriterWorld world;
  world.options.batch_max_lines = 50;
  world.PushAt(milliseconds(100), 49);
  world.PushAt(milliseconds(200), 1);
  world.StopAt(seconds(5));
  world.Run();
  CHECK(world.target.RequestAt(0) == milliseconds(200));
  CHECK(world.target.requests.front().lines == 50);
}

TEST_CASE("delivered lines are counted as written and nothing is left") {
  WriterWorld world;
  world.PushEvery(milliseconds(250), 10, 20);
  world.StopAt(seconds(10));
  world.Run();
  CHECK(world.counts().written == 200);
  CHECK(world.counts().queued + world.counts().in_flight == 0);
  CHECK(world.adds_up);
  CHECK(world.Logged().empty());
}

TEST_CASE("no more requests are out than the setting allows") {
  for (const std::size_t limit : {1U, 2U, 4U}) {
    WriterWorld world;
    world.options.writes_in_flight = limit;
    world.target.latency = seconds(3);
    world.PushEvery(milliseconds(100), 10'000, 20);
    world.StopAt(seconds(5), minutes(5));
    world.Run();
    CHECK(world.target.most_in_flight == limit);
    CHECK(world.AllStoredBut({}));
  }
}

TEST_CASE("while all requests are out the batch grows instead of making more of them") {
  WriterWorld world;
  world.options.batch_max_lines = 10;
  world.target.latency = seconds(10);
  world.PushEvery(seconds(1), 100, 10);
  world.StopAt(seconds(60));
  world.Run();
  REQUIRE(world.target.requests.size() == 3);
  CHECK(world.target.requests[2].lines == 800);
}

TEST_CASE("a growing batch is sealed at ten thousand lines without waiting for a request") {
  WriterWorld world;
  world.target.latency = seconds(20);
  world.PushEvery(seconds(1), 3000, 12);
  std::uint64_t spooled = 0;
  world.target.At(seconds(11) + milliseconds(500), [&] { spooled = world.memory.stats().batches; });
  world.StopAt(seconds(60), minutes(10));
  world.Run();
  CHECK(spooled == 5);  // two in flight, three sealed behind them
  for (const auto& request : world.target.requests) CHECK(request.lines <= 10'000);
  CHECK(world.AllStoredBut({}));
}

TEST_CASE("a batch is sealed at 4 MiB") {
  WriterWorld world;
  world.options.batch_max_lines = 1'000'000;
  const std::string value(std::size_t{64} << 10, 'x');
  Lines lines;
  for (int i = 0; i < 100; ++i) {
    lines.bytes += "m v=\"" + value + "\" 1\n";
    lines.NoteLine(i);
  }
  world.target.At(milliseconds(1), [&] { world.queue.Push(lines); });
  world.StopAt(seconds(5));
  world.Run();
  REQUIRE(world.target.requests.size() == 2);
  CHECK(world.target.requests[0].bytes.size() <= std::size_t{4} << 20);
  CHECK(world.target.requests[0].bytes.size() > std::size_t{3} << 20);
}

TEST_CASE("lines that are pushed before the writer runs are delivered") {
  WriterWorld world;
  world.Push(5);
  world.StopAt(seconds(3));
  world.Run();
  CHECK(world.AllStoredBut({}));
}

TEST_CASE("the statistics hold requests, retries and the latency of the last answer") {
  WriterWorld world;
  int requests = 0;
  world.target.answer = [&](const Batch&) { return ++requests == 1 ? Say(Action::kRetry) : Verdict{}; };
  world.target.latency = milliseconds(40);
  world.Push(1);
  world.StopAt(seconds(10));
  world.Run();
  const WriterStats stats = world.writer->stats();
  CHECK(stats.writes == 2);
  CHECK(stats.write_retries == 1);
  CHECK(stats.write_latency == milliseconds(40));
  CHECK_FALSE(stats.fault);
}

TEST_CASE("lines in flight are counted as such and come back to the queue when they have to wait") {
  WriterWorld world;
  world.options.retry_max = seconds(10);
  world.target.latency = seconds(2);
  world.target.answer = [](const Batch&) { return Say(Action::kRetry); };
  world.Push(7);
  LineCounts sent, back;
  world.target.At(seconds(2), [&] { sent = world.counts(); });
  world.target.At(seconds(3) + milliseconds(200), [&] { back = world.counts(); });
  world.StopAt(seconds(4), seconds(1));
  world.Run();
  CHECK(sent.in_flight == 7);
  CHECK(back.in_flight == 0);
  CHECK(back.queued == 7);
}

}  // namespace
}  // namespace vmtelem

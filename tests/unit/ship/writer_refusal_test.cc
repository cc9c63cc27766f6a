#include <cmath>

#include <catch2/catch.hpp>

#include "poison_answers.h"
#include "ship/writer.h"
#include "writer_world.h"

namespace vmtelem {
namespace {

FakeTarget::Answer AtMostBytes(std::size_t limit) {
  return [limit](const Batch& batch) { return batch.bytes().size() > limit ? Say(Action::kSplit) : Verdict{}; };
}

TEST_CASE("a line that the server names is rejected when it was refused alone, between two that were stored") {
  WriterWorld world;
  world.target.answer = Names({1, 6});
  world.Push(10);
  world.StopAt(seconds(5));
  world.Run();
  CHECK(world.counts().written == 8);
  CHECK(world.counts().rejected == 2);
  CHECK(world.AllStoredBut({1, 6}));
  // The batch; and each of the lines with a probe before it, and one after the last.
  CHECK(world.target.requests.size() <= 1 + 2 * 2 + 3);
}

TEST_CASE("a line that the server names by mistake is stored") {
  WriterWorld world;
  world.target.answer = [](const Batch& batch) {
    return batch.line_count() > 1 ? SayLines(Action::kAckPartly, {0}) : Verdict{};
  };
  world.Push(10);
  world.StopAt(seconds(5));
  world.Run();
  CHECK(world.counts().written == 10);
  CHECK(world.AllStoredBut({}));
}

TEST_CASE("rejected lines are named in the log with the server's reason") {
  WriterWorld world;
  world.target.answer = Names({1});
  world.Push(3);
  world.StopAt(seconds(5));
  world.Run();
  REQUIRE(world.Logged("rejected,").size() == 1);
  CHECK(world.Logged("'m,i=000001'").size() == 1);
  CHECK(world.Logged("as the test says").size() == 1);
}

TEST_CASE("one reason of rejection is logged at once, then once a minute and at the end, with all since then") {
  WriterWorld world;
  Numbers bad;
  for (std::size_t number = 0; number < 300; number += 2) bad.insert(number);
  world.target.answer = Names(bad);
  world.PushEvery(seconds(1), 2, 150);
  world.StopAt(minutes(4));
  world.Run();
  std::size_t said = 0;
  for (const std::string& line : world.Logged("rejected,")) said += std::stoul(line.substr(std::string("<4>").size()));
  CHECK(world.Logged("rejected,").size() == 4);
  CHECK(said == bad.size());
}

TEST_CASE("lines that are named one after the other cost a request each and three more") {
  WriterWorld world;
  const Numbers bad{3, 50, 99};
  world.target.answer = NamesFirst(bad);
  world.Push(100);
  world.StopAt(seconds(5));
  world.Run();
  CHECK(world.target.requests.size() <= 4 + 3 * 3 + 3);
  CHECK(world.AllStoredBut(bad));
  CHECK(world.counts().rejected == 3);
}

TEST_CASE("a bad line that is not named is found with a request per halving and few more") {
  for (const std::size_t bad : {0U, 1U, 1234U, 1999U}) {
    WriterWorld world;
    world.target.answer = When({bad}, SayRefused());
    world.Push(2000);
    world.StopAt(seconds(5));
    world.Run();
    CHECK(world.AllStoredBut({bad}));
    CHECK(world.target.requests.size() <= static_cast<std::size_t>(std::log2(2000)) + 10);
    CHECK(world.Logged("looking for the lines").size() == 1);
  }
}

TEST_CASE("many bad lines that are not named cost few requests each") {
  for (const std::size_t count : {10U, 1000U}) {
    WriterWorld world;
    Numbers bad;
    for (std::size_t i = 0; i < count; ++i) bad.insert(10'000 / count * i + 37 * i % (10'000 / count));
    world.target.answer = When(bad, SayRefused());
    world.Push(10'000);
    world.StopAt(minutes(5));
    world.Run();
    CHECK(world.AllStoredBut(bad));
    CHECK(world.counts().rejected == count);
    CHECK(world.target.requests.size() <= count * (count == 10 ? 20 : 9));
  }
}

TEST_CASE("a server that stores part of what it refuses, and does not say which part, has every refused line found") {
  WriterWorld world;
  const Numbers bad{5, 77};
  world.target.answer = [&](const Batch& batch) {
    for (std::size_t i = 0; i < batch.line_count() && HoldsAny(batch, bad); ++i) {
      const auto positions = PositionsOf(bad, batch);
      if (!std::binary_search(positions.begin(), positions.end(), i)) world.target.stored.emplace(batch.line(i));
    }
    return HoldsAny(batch, bad) ? SayRefused() : Verdict{};
  };
  world.Push(100);
  world.StopAt(seconds(5));
  world.Run();
  CHECK(world.AllStoredBut(bad));
  CHECK(world.counts().rejected == 2);
}

TEST_CASE("a line that makes the server break off is found although it is never answered") {
  WriterWorld world;
  world.target.answer = When({777}, SayCrash());
  world.PushAt(seconds(0), 2000);
  world.PushEvery(seconds(1), 10, 200);
  world.StopAt(minutes(5));
  world.Run();
  CHECK(world.AllStoredBut({777}));
  CHECK(world.counts().rejected == 1);
}

TEST_CASE("a line that breaks the server does not stop other batches even with one request in flight") {
  WriterWorld world;
  world.options.writes_in_flight = 1;
  world.target.answer = When({0, 1, 2}, SayCrash());
  world.PushEvery(seconds(1), 3, 600);
  world.StopAt(minutes(20));
  world.Run();
  CHECK(world.AllStoredBut({0, 1, 2}));
}

TEST_CASE("every batch may hold a line that breaks the server, and all others still arrive") {
  WriterWorld world;
  std::set<std::size_t> bad;
  for (std::size_t number = 7; number < 100; number += 10) bad.insert(number);
  world.target.answer = When(bad, SayCrash());
  world.PushEvery(seconds(5), 10, 400);
  world.StopAt(hours(1));
  world.Run();
  CHECK(world.AllStoredBut(bad));
  CHECK(world.counts().rejected == 10);
}

TEST_CASE("an outage in which every request breaks off rejects nothing") {
  WriterWorld world;
  world.target.answer = [&](const Batch&) { return world.target.elapsed() < hours(2) ? SayCrash() : Verdict{}; };
  world.PushEvery(seconds(10), 5, 360);
  world.StopAt(hours(3));
  world.Run();
  CHECK(world.counts().rejected == 0);
  CHECK(world.AllStoredBut({}));
}

TEST_CASE("a database that refuses everything as bad data costs no line, and is asked at the slowest pace") {
  WriterWorld world;
  world.options.retry_max = seconds(10);
  world.target.answer = [&](const Batch&) { return world.target.elapsed() < hours(1) ? SayRefused() : Verdict{}; };
  world.PushEvery(seconds(1), 50, 600);
  std::size_t early = 0;
  world.target.At(minutes(10), [&] { early = world.target.requests.size(); });
  std::optional<Error> during;
  world.target.At(minutes(50), [&] { during = world.writer->stats().fault; });
  world.StopAt(hours(2));
  world.Run();
  CHECK(world.counts().rejected == 0);
  CHECK(world.AllStoredBut({}));
  CHECK(early < 200);
  REQUIRE(during);
  CHECK(during->code == ErrorCode::kInvalid);
}

TEST_CASE("a batch of nothing but bad lines does not stop the batches behind it") {
  for (const std::size_t slots : {1U, 2U}) {
    WriterWorld world;
    world.options.writes_in_flight = slots;
    world.target.answer = When({0, 1, 2, 3}, SayRefused());
    world.PushAt(seconds(0), 4);
    world.PushAt(seconds(5), 4);
    std::size_t stored = 0;
    world.target.At(minutes(1), [&] { stored = world.target.stored.size(); });
    world.StopAt(minutes(2));
    world.Run();
    CHECK(stored == 4);
    CHECK(world.AllStoredBut({0, 1, 2, 3}));
    CHECK(world.counts().rejected == 4);
  }
}

TEST_CASE("a backlog of nothing but bad lines that is there from the start does not stop new lines") {
  WriterWorld world;
  world.spool = &world.disk;
  for (std::size_t batch = 0; batch < 8; ++batch) world.disk.Leave(SampleBatch(900'000 + 10 * batch, 10));
  world.target.answer = [](const Batch& batch) {
    return batch.bytes().find("m,i=9") != std::string::npos ? SayRefused() : Verdict{};
  };
  world.PushEvery(seconds(1), 5, 120);
  std::size_t stored = 0;
  world.target.At(minutes(1), [&] { stored = world.target.stored.size(); });
  world.StopAt(minutes(3));
  world.Run();
  CHECK(stored > 5 * 55);
  CHECK(world.AllStoredBut({}));
  CHECK(world.counts().rejected == 80);
}

TEST_CASE("batches become smaller while the target takes long for large ones, and nothing is sent twice for it") {
  WriterWorld world;
  const std::size_t quick = 80 * 1024;
  world.target.answer = [&](const Batch& batch) {
    Verdict verdict;
    verdict.slow = batch.bytes().size() > quick;
    return verdict;
  };
  world.PushEvery(seconds(10), 9000, 8);
  world.StopAt(minutes(3));
  world.Run();
  CHECK(world.AllStoredBut({}));
  std::size_t lines = 0;
  for (const auto& request : world.target.requests) lines += request.lines;
  CHECK(lines == 72'000);
  CHECK(world.target.requests.front().bytes.size() > quick + quick / 2);
  CHECK(world.target.requests.back().bytes.size() < quick + quick / 8);
}

TEST_CASE("a batch that is too large is split until it fits, and the size is remembered") {
  WriterWorld world;
  const std::size_t limit = SampleLines(0, 100).bytes.size();
  world.target.answer = AtMostBytes(limit);
  world.PushEvery(seconds(10), 1600, 5);
  std::size_t refused = 0;
  world.target.answer = [&, inner = world.target.answer](const Batch& batch) {
    Verdict verdict = inner(batch);
    if (verdict.action == Action::kSplit) ++refused;
    return verdict;
  };
  world.StopAt(minutes(2));
  world.Run();
  CHECK(world.AllStoredBut({}));
  CHECK(refused >= 4);
  CHECK(refused <= 8);
}

TEST_CASE("one line that is too large for the server is rejected and the others arrive") {
  WriterWorld world;
  world.target.answer = [](const Batch& batch) { return Holds(batch, 5) ? Say(Action::kSplit) : Verdict{}; };
  world.Push(64);
  world.PushAt(seconds(3), 10);
  world.StopAt(minutes(2));
  world.Run();
  CHECK(world.AllStoredBut({5}));
  CHECK(world.counts().rejected == 1);
}

TEST_CASE("a probe that is refused says nothing of another line, which was stored meanwhile") {
  WriterWorld world;
  world.spool = &world.disk;
  world.stops_on_hold = true;
  world.disk.Leave(SampleBatch(900, 1));
  world.target.latency_of = [](const Batch& batch) { return milliseconds(batch.line_count() == 1 ? 10 : 15); };
  world.target.answer = [](const Batch& batch) { return batch.line(0) == SampleLine(900) ? SayRefused() : Verdict{}; };
  world.Push(4);
  world.StopAt(Nanoseconds::zero());
  world.Run();
  CHECK(world.counts().rejected == 1);
  CHECK(world.counts().written == 4);
}

}  // namespace
}  // namespace vmtelem

#include <catch2/catch.hpp>

#include "ship/writer.h"
#include "writer_world.h"

namespace vmtelem {
namespace {

// A server that gives `trouble` until a moment and is well from then on.
FakeTarget::Answer TroubleUntil(WriterWorld& world, Nanoseconds until, const Verdict& trouble) {
  return [&world, until, trouble](const Batch&) { return world.target.elapsed() < until ? trouble : Verdict{}; };
}

Verdict Denied() { return Say(Action::kHold, ErrorCode::kDenied, "the token is refused"); }

TEST_CASE("an outage loses no line") {
  WriterWorld world;
  world.target.answer = TroubleUntil(world, minutes(5), Say(Action::kRetry));
  world.PushEvery(seconds(1), 20, 400);
  world.StopAt(minutes(7));
  world.Run();
  CHECK(world.AllStoredBut({}));
  CHECK(world.adds_up);
}

TEST_CASE("waits between attempts grow to the setting and no further") {
  WriterWorld world;
  world.options.writes_in_flight = 1;
  world.options.retry_max = seconds(4);
  world.target.answer = TroubleUntil(world, minutes(2), Say(Action::kRetry));
  world.Push(1);
  world.StopAt(minutes(3));
  world.Run();
  std::vector<double> waits;
  for (std::size_t i = 1; i < 7; ++i) {
    waits.push_back(Seconds(world.target.RequestAt(i) - world.target.RequestAt(i - 1) - world.target.latency));
  }
  const std::vector<double> expected{0.5, 1, 2, 4, 4, 4};
  for (std::size_t i = 0; i < waits.size(); ++i) CHECK(waits[i] == Approx(expected[i]).epsilon(0.01));
}

TEST_CASE("while nobody answers one whole batch is sent at most two seconds after the last attempt ended") {
  WriterWorld world;
  world.options.retry_max = minutes(1);
  world.target.latency = seconds(4);
  world.target.answer = TroubleUntil(world, seconds(60), SaySilence());
  world.PushEvery(seconds(1), 5, 60);
  world.StopAt(minutes(5));
  world.Run();
  REQUIRE(world.target.requests.size() > 8);
  for (std::size_t i = 3; i < 8; ++i) {
    CHECK(world.target.requests[i].lines >= 5);
    CHECK(world.target.RequestAt(i) - world.target.RequestAt(i - 1) ==
          seconds(4) + milliseconds(1998));  // by the jitter of this world
  }
  CHECK(world.counts().rejected == 0);
  CHECK(world.AllStoredBut({}));
  CHECK(world.Logged("as the test says").size() == 1);
  CHECK(world.Logged("delivered again").size() == 1);
}

TEST_CASE("no attempt comes before the server allows one") {
  for (const bool had_the_lines : {false, true}) {
    WriterWorld world;
    Verdict busy = Say(Action::kRetry);
    busy.retry_after = seconds(30);
    busy.batch_suspected = had_the_lines;
    world.target.answer = TroubleUntil(world, seconds(20), busy);
    world.PushEvery(seconds(1), 1, 60);
    world.StopAt(minutes(2));
    world.Run();
    const Nanoseconds asked_at = world.target.RequestAt(0) + world.target.latency;
    for (std::size_t i = 1; i < world.target.requests.size(); ++i) {
      CHECK(world.target.RequestAt(i) >= asked_at + seconds(30));
    }
  }
}

TEST_CASE("a batch waits out its own back-off although another one succeeds meanwhile") {
  WriterWorld world;
  world.options.batch_max_lines = 1;
  world.target.latency = milliseconds(100);
  bool failed = false;
  world.target.answer = [&](const Batch& batch) {
    const bool first = batch.line(0) == SampleLine(0) && !failed;
    failed = failed || first;
    return first ? Say(Action::kRetry) : Verdict{};
  };
  world.PushAt(seconds(1), 1);
  world.PushAt(seconds(1) + milliseconds(50), 1);
  world.StopAt(seconds(5));
  world.Run();
  REQUIRE(world.target.requests.size() == 3);
  CHECK(world.target.RequestAt(2) >= seconds(1) + milliseconds(590));
}

TEST_CASE("while access is refused one line of what waits goes out per longest wait") {
  WriterWorld world;
  world.options.retry_max = seconds(10);
  world.target.answer = TroubleUntil(world, seconds(65), Denied());
  world.PushEvery(seconds(1), 5, 60);
  world.StopAt(minutes(3));
  world.Run();
  REQUIRE(world.target.requests.size() > 7);
  for (std::size_t i = 1; i < 7; ++i) {
    CHECK(world.target.requests[i].lines == 1);
    CHECK(world.target.RequestAt(i) - world.target.RequestAt(i - 1) >= seconds(10));
  }
  CHECK(world.AllStoredBut({}));
}

TEST_CASE("batches that waited behind a refusal of access go out as soon as one request succeeds") {
  WriterWorld world;
  world.target.answer = TroubleUntil(world, seconds(65), Denied());
  world.PushEvery(seconds(1), 5, 60);
  world.StopAt(minutes(10));
  world.Run();
  CHECK(world.target.requests.back().at - world.target.requests.front().at < seconds(90));
}

TEST_CASE("an outage is logged once when it begins and once when it ends") {
  WriterWorld world;
  world.target.answer = TroubleUntil(world, minutes(30), Say(Action::kRetry, ErrorCode::kUnreachable, "it is away"));
  world.PushEvery(seconds(1), 2, 1000);
  world.StopAt(minutes(40));
  world.Run();
  CHECK(world.Logged("it is away").size() == 1);
  CHECK(world.Logged("delivered again").size() == 1);
  CHECK(world.Logged().size() == 2);
}

TEST_CASE("a change from one trouble to another is logged") {
  WriterWorld world;
  world.target.answer = [&world](const Batch&) {
    if (world.target.elapsed() < minutes(2)) return Say(Action::kRetry, ErrorCode::kUnreachable, "it is away");
    return world.target.elapsed() < minutes(4) ? Denied() : Verdict{};
  };
  world.Push(3);
  world.StopAt(minutes(6));
  world.Run();
  CHECK(world.Logged("it is away").size() == 1);
  CHECK(world.Logged("the token is refused").size() == 1);
  CHECK(world.Logged("delivered again").size() == 1);
}

TEST_CASE("a server that comes and goes every second is logged once a minute at most") {
  WriterWorld world;
  world.options.retry_max = milliseconds(100);
  world.target.answer = [&world](const Batch&) {
    return (world.target.elapsed() / seconds(1)) % 2 == 0 ? Say(Action::kRetry) : Verdict{};
  };
  world.PushEvery(milliseconds(100), 1, 6000);
  world.StopAt(minutes(10));
  world.Run();
  CHECK(world.Logged("as the test says").size() <= 11);
  CHECK(world.Logged("as the test says").size() >= 5);
}

TEST_CASE("the fault of the moment is known with its hint, and is gone when all is well") {
  WriterWorld world;
  Verdict denied = Denied();
  denied.hint = "look at the token";
  world.target.answer = TroubleUntil(world, seconds(30), denied);
  world.Push(1);
  std::optional<Error> during;
  world.target.At(seconds(20), [&] { during = world.writer->stats().fault; });
  world.StopAt(minutes(1));
  world.Run();
  REQUIRE(during);
  CHECK(during->code == ErrorCode::kDenied);
  CHECK(during->message == "the token is refused");
  CHECK(during->hint == "look at the token");
  CHECK_FALSE(world.writer->stats().fault);
}

TEST_CASE("a wait that was asked for stands although an older request succeeds") {
  WriterWorld world;
  world.options.batch_max_lines = 1;
  Verdict busy = Say(Action::kRetry);
  busy.retry_after = seconds(30);
  world.target.answer = [&](const Batch& batch) {
    return batch.line(0) == SampleLine(0) && world.target.elapsed() < seconds(5) ? busy : Verdict{};
  };
  world.target.latency = milliseconds(100);
  world.PushAt(seconds(1), 1);
  world.PushAt(seconds(1) + milliseconds(50), 1);
  world.PushAt(seconds(2), 1);
  world.StopAt(minutes(2));
  world.Run();
  REQUIRE(world.target.requests.size() == 4);
  CHECK(world.target.RequestAt(2) >= seconds(31));
  CHECK(world.AllStoredBut({}));
}

TEST_CASE("the message about a target that refuses everything does not say that lines will be delivered") {
  WriterWorld world;
  Verdict denied = Denied();
  denied.hint = "look at the token";
  world.target.answer = TroubleUntil(world, seconds(30), denied);
  world.Push(3);
  world.StopAt(minutes(1));
  world.Run();
  REQUIRE(world.Logged("token").size() == 1);
  CHECK(world.Logged("token").front() == "<3>the token is refused; look at the token; 3 lines waiting");
}

TEST_CASE("debug messages hold size, time and outcome of each request, and nothing of its lines") {
  WriterWorld world;
  world.log_level = LogLevel::kDebug;
  world.target.answer = TroubleUntil(world, seconds(5), Say(Action::kRetry));
  world.Push(3);
  world.StopAt(minutes(1));
  world.Run();
  CHECK(world.Logged("<7>").size() == world.target.requests.size());
  CHECK(world.Logged("<7>").front() == "<7>3 lines, 54 bytes: failed after 10 ms");
  CHECK(world.Logged("<7>").back() == "<7>3 lines, 54 bytes: stored after 10 ms");
}

TEST_CASE("in a long outage the memory is bounded, the oldest lines are dropped and the newest arrive") {
  const std::uint64_t bound = 30'000 * (SampleLine(0).size() + 1);
  WriterWorld world(bound);
  world.options.batch_max_lines = 100;
  world.target.answer = TroubleUntil(world, hours(1), Say(Action::kRetry));
  world.PushEvery(milliseconds(100), 1000, 300);
  std::uint64_t most = 0;
  const auto check = world.target.after_wait;
  world.target.after_wait = [&] {
    check();
    most = std::max(most, world.memory.stats().bytes);
  };
  world.StopAt(hours(2));
  world.Run();
  CHECK(most <= bound + 10'000 * (SampleLine(0).size() + 1));
  CHECK(world.counts().dropped > 200'000);
  CHECK(world.counts().written + world.counts().dropped == 300'000);
  CHECK(world.target.stored.count(SampleLine(299'999)) == 1);
  CHECK(world.Logged("memory for lines that wait is full").size() <= 2);
  CHECK(world.adds_up);
}

}  // namespace
}  // namespace vmtelem

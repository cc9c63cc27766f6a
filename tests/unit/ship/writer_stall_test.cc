#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "poison_answers.h"
#include "ship/writer.h"
#include "writer_world.h"

// What could keep lines from the target although it takes them.
namespace vmtelem {
namespace {

// A writer with a spool on disk and so many requests in flight.
struct StallWorld : WriterWorld {
  explicit StallWorld(std::size_t slots) {
    spool = &disk;
    options.writes_in_flight = slots;
  }
  void NoteStoredAt(Nanoseconds when, std::size_t& stored) {
    target.At(when, [this, &stored] { stored = target.stored.size(); });
  }
  // One line of each of seven measurements for each VM, every second.
  void PushVmsEvery(std::size_t vms, std::size_t times) {
    for (std::size_t second = 0; second < times; ++second) {
      target.At(seconds(second), [this, vms, second] { queue.Push(LinesOf(vms, second)); });
    }
  }

 private:
  static Lines LinesOf(std::size_t vms, std::size_t second) {
    Lines lines;
    for (std::size_t i = 0; i < 7 * vms; ++i) {
      lines.bytes += fmt::format("m{},vm={} v=1i {}\n", i % 7, i / 7, second);
      lines.NoteLine(static_cast<std::int64_t>(second));
    }
    return lines;
  }
};

bool HasMeasurement3(const Batch& batch) { return ("\n" + batch.bytes()).find("\nm3,") != std::string::npos; }

TEST_CASE("a batch that is stored right after another was denied leaves the reason of the denial") {
  StallWorld world(2);
  world.options.batch_max_lines = 1;
  world.target.latency = milliseconds(200);
  world.target.answer = [is_first = true](const Batch&) mutable {
    return std::exchange(is_first, false) ? Say(Action::kHold, ErrorCode::kDenied, "the token is refused") : Verdict{};
  };
  world.PushAt(seconds(0), 1);
  world.PushAt(milliseconds(50), 1);
  std::optional<Error> fault;
  world.target.At(seconds(5), [&] { fault = world.writer->stats().fault; });
  world.StopAt(seconds(30));
  world.Run();
  REQUIRE(fault);
  CHECK(fault->message == "the token is refused");
}

TEST_CASE("while everything is refused probes that fail wait for their pause") {
  StallWorld world(2);
  std::size_t refusals = 0, requests = 0;
  bool is_denied = false, fails = false;
  world.target.answer = [&](const Batch& batch) {
    if (world.target.elapsed() < minutes(5) && std::exchange(is_denied, false)) return Say(Action::kHold);
    if (world.target.elapsed() < minutes(5) && fails) return SayCrash();
    if (!Holds(batch, 700)) return Verdict{};
    fails = is_denied = ++refusals == 2;
    return SayRefused();
  };
  world.Push(1000);
  world.target.At(minutes(4), [&] { requests = world.target.requests.size(); });
  world.StopAt(minutes(10));
  world.Run();
  CHECK(requests < 100);
  CHECK(world.AllStoredBut({700}));
}

TEST_CASE("a line that the server never answers is found while it takes others") {
  const std::size_t slots = GENERATE(1U, 2U, 8U);
  StallWorld world(slots);
  world.target.latency_of = [](const Batch& batch) {
    return Holds(batch, 5) ? Nanoseconds(seconds(4)) : Nanoseconds(milliseconds(10));
  };
  world.target.answer = When({5}, SaySilence());
  world.PushEvery(seconds(1), 10, 1200);
  world.StopAt(minutes(20));
  world.Run();
  CHECK(world.counts().rejected == 1);
  CHECK(world.AllStoredBut({5}));
}

TEST_CASE("a batch for which the server always asks for a pause does not keep others from being stored") {
  const std::size_t slots = GENERATE(1U, 2U, 8U);
  StallWorld world(slots);
  world.target.answer = When({105}, Say(Action::kRetry));
  world.PushEvery(seconds(1), 10, 600);
  std::size_t stored = 0;
  world.NoteStoredAt(minutes(10), stored);
  world.StopAt(minutes(10), seconds(10));
  world.Run();
  CHECK(stored > 5900);
}

TEST_CASE("after a denial new lines go on although of all that is searched only poison lines are left") {
  const std::size_t slots = GENERATE(1U, 2U, 8U);
  const Verdict trouble = GENERATE(Say(Action::kHold, ErrorCode::kDenied), SayRefused());
  StallWorld world(slots);
  world.target.answer = [&](const Batch& batch) {
    if (world.target.elapsed() >= minutes(1) && world.target.elapsed() < seconds(75)) return trouble;
    return HasMeasurement3(batch) ? SayRefused() : Verdict{};
  };
  world.PushVmsEvery(60, 300);
  std::size_t stored = 0;
  world.NoteStoredAt(minutes(5), stored);
  world.StopAt(minutes(5), seconds(1));
  world.Run();
  CHECK(stored > std::size_t{60} * 6 * 295);
}

TEST_CASE("where one measurement of seven is refused in every batch, the others are stored") {
  StallWorld world(2);
  world.target.answer = [](const Batch& batch) { return HasMeasurement3(batch) ? SayRefused() : Verdict{}; };
  world.PushVmsEvery(200, 300);
  std::size_t stored = 0;
  world.NoteStoredAt(minutes(5), stored);
  world.StopAt(minutes(5), seconds(1));
  world.Run();
  CHECK(stored > std::size_t{200} * 6 * 295);
  CHECK(world.disk.most_handed_out < 120);  // what has to wait for its search waits on the disk
  CHECK(world.adds_up);
}

TEST_CASE("batches that wait for their search stay durable while the disk takes nothing") {
  StallWorld world(2);
  world.target.answer = [](const Batch& batch) { return HasMeasurement3(batch) ? SayRefused() : Verdict{}; };
  world.PushVmsEvery(200, 300);
  const auto safe = [&] { return world.counts().spooled + world.counts().written + world.counts().rejected; };
  std::uint64_t safe_before = 0;
  bool is_kept = true;
  world.target.At(seconds(150), [&] {
    safe_before = safe();
    world.disk.disk_works = false;
  });
  const auto inner = world.target.after_wait;
  world.target.after_wait = [&] {
    inner();
    is_kept = is_kept && safe() >= safe_before;
  };
  world.StopAt(seconds(200), seconds(1));
  world.Run();
  CHECK(is_kept);
  CHECK(world.adds_up);
}

TEST_CASE("a batch that waits for its search costs no other batch its place in a full spool") {
  StallWorld world(2);
  world.disk.is_full = true;
  world.target.answer = [](const Batch& batch) { return HasMeasurement3(batch) ? SayRefused() : Verdict{}; };
  world.PushVmsEvery(200, 300);
  world.StopAt(minutes(5), seconds(1));
  world.Run();
  CHECK(world.counts().dropped == 0);
  CHECK(world.disk.moved_lines > 0);
}

TEST_CASE("a batch that fails does not keep the one that is searched from its turn while no new lines come") {
  const std::size_t slots = GENERATE(1U, 2U, 8U);
  StallWorld world(slots);
  world.options.batch_max_lines = 10;
  world.target.answer = [&](const Batch& batch) {
    if (Holds(batch, 5) || world.target.elapsed() < seconds(20)) return SayCrash();
    return Holds(batch, 15) ? SayRefused() : Verdict{};
  };
  world.PushAt(seconds(0), 10);
  world.PushAt(milliseconds(1500), 10);
  world.StopAt(minutes(10));
  world.Run();
  CHECK(world.AllStoredBut({5, 15}));
}

TEST_CASE("a batch that is done when a stop breaks off its probe leaves nothing in the spool") {
  StallWorld world(2);
  world.target.latency_of = [&](const Batch& batch) {
    const bool is_probe = batch.line_count() == 1 && world.target.stored.count(std::string(batch.line(0))) > 0;
    return is_probe ? Nanoseconds(seconds(20)) : Nanoseconds(milliseconds(10));
  };
  world.target.answer = When({5}, SayRefused());
  world.PushAt(seconds(0), 5);
  world.PushAt(seconds(2), 1);
  world.PushAt(milliseconds(3500), 1);
  world.StopAt(seconds(6), seconds(1));
  world.Run();
  CHECK(world.disk.stats().lines + world.counts().written + world.counts().rejected == 7);
  CHECK(world.disk.stats().lines == world.counts().spooled);
}

}  // namespace
}  // namespace vmtelem

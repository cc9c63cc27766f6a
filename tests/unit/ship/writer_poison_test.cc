#include <functional>
#include <random>

#include <catch2/catch.hpp>

#include "ship/writer.h"
#include "writer_world.h"

namespace vmtelem {
namespace {

using IsPoison = std::function<bool(std::size_t number)>;

std::size_t NumberOf(std::string_view line) { return std::stoul(std::string(line.substr(4, 6))); }

// Now here, now there in each run of `lines` lines.
IsPoison OneIn(std::size_t lines) {
  return [lines](std::size_t number) { return number % lines == number / lines * 37 % lines; };
}

// A server that breaks off whenever it is given such a line, and names none.
FakeTarget::Answer BreaksAt(IsPoison is_poison) {
  return [is_poison = std::move(is_poison)](const Batch& batch) {
    for (std::size_t i = 0; i < batch.line_count(); ++i) {
      if (is_poison(NumberOf(batch.line(i)))) return SayCrash();
    }
    return Verdict{};
  };
}

std::set<std::size_t> PoisonBelow(std::size_t end, const IsPoison& is_poison) {
  std::set<std::size_t> numbers;
  for (std::size_t number = 0; number < end; ++number) {
    if (is_poison(number)) numbers.insert(number);
  }
  return numbers;
}

// A writer with a spool on disk, and a jitter that is the same in each run.
class PoisonWorld : public WriterWorld {
 public:
  explicit PoisonWorld(unsigned seed = 1) : random_(seed) {
    spool = &disk;
    random = [this] { return static_cast<double>(random_() % 1000) / 1000; };
  }
  bool Chance(unsigned percent) { return random_() % 100 < percent; }
  // What was stored at these moments.
  void NoteStoredAt(Nanoseconds when, std::size_t& stored) {
    target.At(when, [this, &stored] { stored = target.stored.size(); });
  }

 private:
  std::mt19937 random_;
};

TEST_CASE("a line that breaks the server in every batch holds up neither the other lines nor later batches") {
  for (const std::size_t slots : {1U, 2U}) {
    INFO(slots << " in flight");
    PoisonWorld world;
    const IsPoison bad = [](std::size_t number) { return number < 240 * 600 && OneIn(240)(number); };
    world.options.writes_in_flight = slots;
    world.target.answer = BreaksAt(bad);
    world.PushEvery(seconds(1), 240, 1500);
    std::size_t early = 0, late = 0;
    world.NoteStoredAt(minutes(2), early);
    world.NoteStoredAt(minutes(10), late);
    world.StopAt(minutes(25) + seconds(30));
    world.Run();
    const std::size_t good = std::size_t{239} * 8 * 60;  // in these eight minutes
    CHECK(late - early > good * 95 / 100);
    CHECK(late > std::size_t{239} * 10 * 60 * 90 / 100);
    CHECK(world.AllStoredBut(PoisonBelow(world.pushed, bad)));
    CHECK(world.counts().rejected == 600);
    CHECK(world.disk.rejected.size() == 600);
    CHECK(world.adds_up);
  }
}

TEST_CASE("one line in ten thousand that breaks the server costs few requests and no delay of others") {
  PoisonWorld world;
  const IsPoison bad = [](std::size_t number) { return number < 600'000 && OneIn(10'000)(number); };
  std::size_t failed = 0;
  world.target.answer = [&, inner = BreaksAt(bad)](const Batch& batch) {
    Verdict verdict = inner(batch);
    if (verdict.action == Action::kRetry) ++failed;
    return verdict;
  };
  world.PushEvery(seconds(1), 2000, 300);
  world.PushEvery(seconds(1), 240, 400);
  std::size_t stored = 0;
  world.NoteStoredAt(minutes(5), stored);
  world.StopAt(minutes(7));
  world.Run();
  CHECK(stored > 300 * 2240 * std::size_t{98} / 100);
  CHECK(world.AllStoredBut(PoisonBelow(world.pushed, bad)));
  CHECK(world.counts().rejected == 60);
  CHECK(failed <= std::size_t{60} * 44);  // to find it in 2000 lines, and to prove that it is the line
}

TEST_CASE("a server that fails most requests, whatever is in them, gets all lines about as fast as they come") {
  for (const unsigned percent : {30U, 70U, 85U}) {
    INFO(percent << " % fail");
    PoisonWorld world(percent);
    world.target.answer = [&](const Batch&) {
      return world.target.elapsed() < hours(1) && world.Chance(percent) ? SayCrash() : Verdict{};
    };
    world.PushEvery(seconds(1), 240, 3600);
    std::size_t stored = 0;
    world.NoteStoredAt(hours(1), stored);
    world.StopAt(hours(1) + minutes(1));
    world.Run();
    CHECK(stored > std::size_t{240} * 3600 * 95 / 100);
    CHECK(world.AllStoredBut({}));
    CHECK(world.counts().rejected == 0);
  }
}

TEST_CASE("a server that breaks off every request is asked slowly, costs no line and gets the newest first") {
  PoisonWorld world;
  world.target.answer = [&](const Batch&) { return world.target.elapsed() < hours(2) ? SayCrash() : Verdict{}; };
  world.PushEvery(seconds(1), 100, 7300);
  std::size_t requests = 0;
  Nanoseconds accepted_at{}, live_at{};
  world.target.At(hours(2), [&] { requests = world.target.requests.size(); });
  const auto inner = world.target.after_wait;
  world.target.after_wait = [&] {
    inner();
    if (accepted_at == Nanoseconds{} && !world.target.stored.empty()) accepted_at = world.target.elapsed();
    if (live_at == Nanoseconds{} && world.target.stored.count(SampleLine(719'999)) > 0)
      live_at = world.target.elapsed();
  };
  world.StopAt(hours(2) + minutes(3));
  world.Run();
  CHECK(requests < 7200 / 2);
  CHECK(world.disk.most_handed_out < 200);
  CHECK(live_at - accepted_at < seconds(2));
  CHECK(world.AllStoredBut({}));
  CHECK(world.counts().rejected == 0);
}

TEST_CASE("a line that breaks the server is found although nothing else is sent") {
  PoisonWorld world;
  world.target.answer = BreaksAt([](std::size_t number) { return number == 5; });
  world.Push(10);
  world.StopAt(minutes(1), seconds(1));
  world.Run();
  CHECK(world.counts().rejected == 1);
  CHECK(world.AllStoredBut({5}));
  CHECK(world.target.requests.size() < 100);
}

TEST_CASE("a single line that breaks the server and has never been seen without is kept, and asked slowly") {
  PoisonWorld world;
  world.target.answer = BreaksAt([](std::size_t number) { return number == 0; });
  world.Push(1);
  std::size_t early = 0, late = 0;
  world.target.At(minutes(10), [&] { early = world.target.requests.size(); });
  world.target.At(minutes(20), [&] { late = world.target.requests.size(); });
  world.StopAt(minutes(21), seconds(1));
  world.Run();
  CHECK(late - early < 200);
  CHECK(late - early > 30);
  CHECK(world.counts().spooled == 1);
}

TEST_CASE("a line under suspicion does not delay lines that come once in a minute") {
  PoisonWorld world;
  world.target.answer = BreaksAt([](std::size_t number) { return number == 5; });
  world.PushEvery(minutes(1), 10, 30);
  world.StopAt(minutes(30));
  world.Run();
  std::size_t in_time = 0;
  for (std::size_t i = 0; i < world.target.requests.size(); ++i) {
    if (world.target.requests[i].lines == 10 && world.target.RequestAt(i) % minutes(1) == seconds(1)) ++in_time;
  }
  CHECK(in_time == 30);
}

}  // namespace
}  // namespace vmtelem

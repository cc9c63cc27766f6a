#include <random>

#include <catch2/catch.hpp>

#include "poison_answers.h"
#include "ship/writer.h"
#include "writer_world.h"

namespace vmtelem {
namespace {

// A server with hidden bad lines that goes through moods for five minutes, half of the time well. Which lines it takes
// never changes; in what way it refuses the others is one of several, for all of its life.
class MoodyWorld : public WriterWorld {
 public:
  MoodyWorld(unsigned seed, Nanoseconds shortest, Nanoseconds longest) : random_(seed) {
    const std::size_t slots[] = {1, 2, 8};
    if (seed % 2 == 1) spool = &disk;
    options.writes_in_flight = slots[seed % 3];
    options.batch_max_lines = 1 + Pick(300);
    random = [this] { return static_cast<double>(Pick(1000)) / 1000; };
    PlanMoods(shortest, longest);
    const std::size_t lines = 1 + Pick(40);
    for (std::size_t count = Pick(12); count > 0; --count) bad.insert(Pick(300 * lines));
    style_ = Pick(5);
    asks_for_pauses_ = Pick(4) == 0;
    target.answers_at_start = Pick(2) == 0;
    target.latency_of = [this](const Batch&) {
      return Mood() == 2 ? Nanoseconds(seconds(4)) : Nanoseconds(milliseconds(5 + Pick(60)));
    };
    target.answer = [this](const Batch& batch) { return Answer(batch); };
    PushEvery(seconds(1), lines, 300);
    StopAt(minutes(20), hours(1));
  }

  Numbers bad;

 private:
  std::size_t Pick(std::size_t below) { return random_() % below; }

  void PlanMoods(Nanoseconds shortest, Nanoseconds longest) {
    for (Nanoseconds end{}; end < minutes(5);) {
      const auto range = static_cast<std::size_t>((longest - shortest).count());
      end += shortest + Nanoseconds(static_cast<Nanoseconds::rep>(Pick(range)));
      moods_.emplace(end, Pick(2) == 0 ? Pick(8) : kWell);
    }
  }
  [[nodiscard]] std::size_t Mood() {
    const auto mood = moods_.upper_bound(target.elapsed());
    return mood == moods_.end() ? kWell : mood->second;
  }
  Verdict Answer(const Batch& batch) {
    Verdict verdict = InMood(batch);
    if (asks_for_pauses_ && verdict.action != Action::kAck) verdict.retry_after = seconds(1 + Pick(5));
    return verdict;
  }
  Verdict InMood(const Batch& batch) {
    switch (Mood()) {
      case 0:
        return SayRefused();
      case 1:
        return SayCrash();
      case 2:
        return SaySilence();
      case 3:
        return Say(Action::kRetry);
      case 4:
        return Say(Action::kHold, ErrorCode::kDenied);
      case 5:
        return batch.line_count() > 5 ? Say(Action::kSplit) : Well(batch);
      case 6:
        return Pick(2) == 0 ? Say(Action::kResend) : Well(batch);
      case 7:  // names a line by mistake
        return batch.line_count() > 1 && !HoldsAny(batch, bad)
                   ? SayLines(Action::kAckPartly, {Pick(batch.line_count())})
                   : Well(batch);
      default:
        return Well(batch);
    }
  }
  Verdict Well(const Batch& batch) {
    if (!HoldsAny(batch, bad)) return {};
    switch (style_) {
      case 0:
        return NamesFirst(bad)(batch);
      case 1:
        return Names(bad)(batch);
      case 2:
        return SayCrash();
      case 3:
        StoreOthers(batch);
        return SayRefused();
      default:
        return SayRefused();
    }
  }
  void StoreOthers(const Batch& batch) {
    const auto positions = PositionsOf(bad, batch);
    for (std::size_t i = 0; i < batch.line_count(); ++i) {
      if (!std::binary_search(positions.begin(), positions.end(), i)) target.stored.emplace(batch.line(i));
    }
  }

  static constexpr std::size_t kWell = 8;
  std::mt19937 random_;
  std::map<Nanoseconds, std::size_t> moods_;  // by when they end
  std::size_t style_ = 0;
  bool asks_for_pauses_ = false;
};

void CheckAll(unsigned first_seed, unsigned seeds, Nanoseconds shortest, Nanoseconds longest) {
  for (unsigned seed = first_seed; seed < first_seed + seeds; ++seed) {
    INFO("seed " << seed);
    MoodyWorld world(seed, shortest, longest);
    world.Run();
    CHECK(world.adds_up);
    CHECK(world.counts().rejected == world.bad.size());
    CHECK(world.counts().written == world.pushed - world.bad.size());
    CHECK(world.AllStoredBut(world.bad));
  }
}

TEST_CASE("through moods of seconds exactly the bad lines are rejected, and all others stored") {
  CheckAll(1, 150, seconds(1), seconds(20));
}

TEST_CASE("through moods of milliseconds exactly the bad lines are rejected, and all others stored") {
  CheckAll(1001, 60, milliseconds(10), seconds(2));
}

}  // namespace
}  // namespace vmtelem

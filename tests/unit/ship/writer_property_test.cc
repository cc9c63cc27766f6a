#include <random>

#include <catch2/catch.hpp>

#include "moody_server.h"
#include "ship/writer.h"
#include "writer_world.h"

namespace vmtelem {
namespace {

TEST_CASE("whatever the server answers, no line is lost, doubled in the ledger, or counted in two places") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    WriterWorld world;
    std::mt19937 random(seed);
    world.options.writes_in_flight = 1 + seed % 3;
    world.options.batch_max_lines = 1 + random() % 300;
    world.random = [&] { return static_cast<double>(random() % 1000) / 1000; };
    world.target.answer = MoodyServer(seed);
    world.target.latency = milliseconds(random() % 3000);
    world.PushEvery(milliseconds(1 + random() % 1500), 1 + random() % 200, 50);
    world.StopAt(minutes(2), hours(10));
    world.Run();
    const LineCounts counts = world.counts();
    CHECK(world.adds_up);
    CHECK(counts.sampled == world.pushed);
    CHECK(counts.dropped + counts.queued + counts.in_flight == 0);
    CHECK(counts.written + counts.rejected == world.pushed);
    CHECK(counts.written <= world.target.stored.size());  // a probe that was stored may be refused when its turn comes
    CHECK(world.memory.stats().lines == 0);
  }
}

TEST_CASE("failures that come at random, whatever is sent, cost no line") {
  for (unsigned percent = 50; percent <= 90; percent += 10) {
    for (unsigned seed = 1; seed <= 12; ++seed) {
      INFO(percent << " % of requests fail, seed " << seed);
      WriterWorld world;
      std::mt19937 random(seed);
      world.options.retry_max = seconds(1 + seed % 10);
      world.random = [&] { return static_cast<double>(random() % 1000) / 1000; };
      world.target.answer = [&](const Batch&) {
        const bool over = world.target.elapsed() > hours(1);
        return !over && random() % 100 < percent ? SayCrash() : Verdict{};
      };
      world.PushEvery(seconds(1), 1 + random() % 20, 3600);
      world.StopAt(hours(2), hours(1));
      world.Run();
      CHECK(world.counts().rejected == 0);
      CHECK(world.AllStoredBut({}));
    }
  }
}

TEST_CASE("a line that breaks the server is found once random failures have ended, and no other is rejected") {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    WriterWorld world;
    std::mt19937 random(seed);
    world.target.answer = [&](const Batch& batch) {
      const bool flapping = world.target.elapsed() < minutes(20) && random() % 100 < 70;
      return flapping || batch.bytes().find(SampleLine(777)) != std::string::npos ? SayCrash() : Verdict{};
    };
    world.PushEvery(seconds(1), 5, 3600);
    world.StopAt(hours(2));
    world.Run();
    CHECK(world.counts().rejected == 1);
    CHECK(world.AllStoredBut({777}));
  }
}

TEST_CASE("a stop at any moment leaves a ledger that adds up and nothing that waits") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    WriterWorld world;
    world.options.batch_max_lines = 40;
    world.target.answer = MoodyServer(seed);
    world.target.latency = milliseconds(700);
    world.PushEvery(milliseconds(90), 11, 100);
    world.StopAt(milliseconds(130) * seed, milliseconds(50) * (seed % 40));
    world.Run();
    const LineCounts counts = world.counts();
    CHECK(world.adds_up);
    CHECK(counts.queued + counts.in_flight + counts.spooled == 0);
    CHECK(counts.written <= world.target.stored.size());
  }
}

}  // namespace
}  // namespace vmtelem

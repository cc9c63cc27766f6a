#include <random>

#include <catch2/catch.hpp>

#include "moody_server.h"
#include "ship/writer.h"
#include "writer_world.h"

namespace vmtelem {
namespace {

// Pushes, outcomes, losses, a disk that comes and goes, batches of other processes: all at random, the same for a seed.
class RandomWorld : public WriterWorld {
 public:
  explicit RandomWorld(unsigned seed) : random_(seed) {
    spool = &disk;
    options.writes_in_flight = 1 + Pick(4);
    options.batch_max_lines = 1 + Pick(300);
    random = [this] { return static_cast<double>(Pick(1000)) / 1000; };
    target.latency = milliseconds(1 + Pick(3000));
    target.answer = MoodyServer(seed);
    for (int i = 0; i < 400; ++i) target.At(milliseconds(Pick(120'000)), [this] { AnyEvent(); });
  }

  std::size_t found = 0;

 private:
  std::size_t Pick(std::size_t below) { return random_() % below; }

  void AnyEvent() {
    switch (Pick(6)) {
      case 0:
        disk.disk_works = !disk.disk_works;
        break;
      case 1:
        disk.LoseOldest();
        break;
      case 2: {
        const std::size_t lines = 1 + Pick(200);
        disk.Leave(SampleBatch(500'000 + found, lines));
        found += lines;
        break;
      }
      default:
        Push(1 + Pick(400));
    }
  }

  std::mt19937 random_;
};

TEST_CASE("whatever happens to spool and server, the accounts are balanced after each step and at the end") {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    RandomWorld world(seed);
    world.StopAt(milliseconds(60'000 + 500 * seed), milliseconds(300 * (seed % 50)));
    world.Run();
    const LineCounts counts = world.counts();
    CHECK(world.adds_up);
    CHECK(counts.sampled == world.pushed);
    CHECK(counts.recovered <= world.found);
    CHECK(counts.queued + counts.in_flight == 0);
    CHECK(counts.sampled + counts.recovered == counts.written + counts.rejected + counts.dropped + counts.spooled);
    CHECK(counts.written <= world.target.stored.size());
    CHECK(counts.spooled <= world.disk.durable_lines());  // of a batch in flight a part may be delivered
  }
}

TEST_CASE("whatever happens to spool and server, all that is not lost arrives once both are well") {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    RandomWorld world(seed);
    world.target.At(minutes(3), [&] {
      world.disk.disk_works = true;
      world.target.answer = [](const Batch&) { return Verdict{}; };
    });
    world.StopAt(minutes(4), hours(1));
    world.Run();
    const LineCounts counts = world.counts();
    CHECK(world.adds_up);
    CHECK(counts.recovered == world.found);
    CHECK(counts.spooled == 0);
    CHECK(counts.sampled + counts.recovered == counts.written + counts.rejected + counts.dropped);
    CHECK(counts.written <= world.target.stored.size());
    CHECK(world.disk.stats().batches == 0);
  }
}

}  // namespace
}  // namespace vmtelem

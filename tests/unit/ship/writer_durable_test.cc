#include <catch2/catch.hpp>

#include "ship/writer.h"
#include "writer_world.h"

// What was taken from the spool while the disk was away, and is still on its way to the database.
namespace vmtelem {
namespace {

// The disk and the database are away from the start; the disk comes back after 12 s.
class AwayWorld : public WriterWorld {
 public:
  AwayWorld() {
    spool = &disk;
    disk.disk_works = false;
    target.answer = [](const Batch&) { return Say(Action::kRetry); };
    target.At(seconds(12), [this] { disk.disk_works = true; });
  }
  // Runs until `when`, which is not the end of what waits; what the books said just before.
  LineCounts CountsAt(Nanoseconds when) {
    LineCounts counts;
    target.At(when, [this, &counts] { counts = ledger.counts(); });
    StopAt(when, Nanoseconds::zero());
    Run();
    return counts;
  }
};

// Says that its disk works, as one does that has nothing to try it with.
class OptimisticSpool final : public FakeSpool {
 public:
  [[nodiscard]] SpoolStats stats() const override {
    SpoolStats stats = FakeSpool::stats();
    stats.durable = true;
    return stats;
  }
};

TEST_CASE("when the disk is back, batches that wait for their next attempt are durable within two seconds") {
  AwayWorld world;
  world.PushEvery(seconds(2), 10, 5);
  CHECK(world.CountsAt(seconds(14)).spooled == 50);
  CHECK(world.disk.durable_lines() == 50);
  CHECK(world.adds_up);
}

TEST_CASE("when the disk is back, batches that wait for an answer are durable too") {
  AwayWorld world;
  world.target.latency = hours(1);
  world.PushEvery(seconds(2), 10, 2);
  const LineCounts counts = world.CountsAt(seconds(14));
  CHECK(counts.spooled == 20);
  CHECK(counts.in_flight == 0);
  CHECK(world.disk.durable_lines() == 20);
  CHECK(world.adds_up);
}

TEST_CASE("a batch that becomes durable on its way is delivered, and removed like any other") {
  AwayWorld world;
  world.PushEvery(seconds(2), 10, 5);
  world.target.At(seconds(20), [&] { world.target.answer = [](const Batch&) { return Verdict{}; }; });
  world.StopAt(seconds(40));
  world.Run();
  CHECK(world.AllStoredBut({}));
  CHECK(world.counts().written == 50);
  CHECK(world.disk.stats().batches == 0);
  CHECK(world.adds_up);
}

TEST_CASE("a batch that becomes durable while it is answered is delivered, and removed like any other") {
  AwayWorld world;
  world.target.latency = seconds(15);
  world.target.answer = [](const Batch&) { return Verdict{}; };
  world.Push(10);
  world.StopAt(seconds(20));
  world.Run();
  CHECK(world.counts().written == 10);
  CHECK(world.disk.stats().batches == 0);
  CHECK(world.target.requests.size() == 1);
  CHECK(world.adds_up);
}

TEST_CASE("batches that go as one become durable as one") {
  OptimisticSpool spool;
  AwayWorld world;
  spool.disk_works = false;
  world.spool = &spool;
  world.options.writes_in_flight = 1;
  world.target.latency = seconds(5);
  world.target.answer = [](const Batch&) { return Verdict{}; };
  world.PushEvery(milliseconds(1500), 10, 4);  // the first alone, then all others
  world.target.At(seconds(4), [&] { world.target.latency = hours(1); });
  world.target.At(seconds(12), [&] { spool.disk_works = true; });
  CHECK(world.CountsAt(seconds(14)).spooled == 30);
  REQUIRE(world.target.requests.size() == 2);
  CHECK(spool.durable_text() == SampleLines(10, 30).bytes);
  CHECK(spool.stats().batches == 1);
}

TEST_CASE("only the undelivered rest of a batch goes to the disk") {
  AwayWorld world;
  const std::size_t limit = SampleLines(0, 10).bytes.size();
  world.target.answer = [&](const Batch& batch) {
    if (batch.bytes().size() > limit) return Say(Action::kSplit);
    return world.target.stored.size() < 10 ? Verdict{} : Say(Action::kRetry);
  };
  world.Push(20);
  const LineCounts counts = world.CountsAt(seconds(14));
  CHECK(counts.written == 10);
  CHECK(counts.spooled == 10);
  CHECK(world.disk.durable_lines() == 10);
}

TEST_CASE("batches that the disk still does not take stay in memory, and in the ledger") {
  OptimisticSpool spool;
  AwayWorld world;
  spool.disk_works = false;
  world.spool = &spool;
  world.Push(10);
  const LineCounts counts = world.CountsAt(seconds(14));
  CHECK(counts.queued + counts.in_flight == 10);
  CHECK(spool.durable_lines() == 0);
  CHECK(world.counts().dropped == 10);
  CHECK(world.adds_up);
}

TEST_CASE("a batch that another process delivers as soon as it is on the disk is no longer delivered here") {
  class Shared final : public FakeSpool {
   public:
    std::optional<SpooledBatch> AddIfDurable(std::shared_ptr<const Batch> batch) override {
      if (!disk_works) return std::nullopt;
      left += batch->line_count();
      return SpooledBatch{1'000'000, batch, true};  // which nobody can take
    }
    std::size_t left = 0;
  } spool;
  AwayWorld world;
  spool.disk_works = false;
  world.spool = &spool;
  world.target.At(seconds(12), [&] { spool.disk_works = true; });
  world.target.latency = seconds(5);
  world.Push(10);
  world.target.At(seconds(14), [&] { world.target.answer = [](const Batch&) { return Verdict{}; }; });
  world.StopAt(seconds(30));
  world.Run();
  CHECK(spool.left == 10);
  CHECK(world.counts().spooled == 10);
  CHECK(world.counts().written == 0);
  CHECK(world.adds_up);
}

TEST_CASE("at a stop a disk that is back is given all that only memory holds, however little it takes at once") {
  OptimisticSpool spool;
  AwayWorld world;
  spool.disk_works = false;
  spool.most_persisted = 1;
  world.spool = &spool;
  world.options.batch_max_lines = 10;
  world.PushEvery(milliseconds(500), 10, 20);
  world.target.At(seconds(12), [&] {
    CHECK(spool.stats().memory_batches > 2);
    spool.disk_works = true;
  });
  world.StopAt(seconds(12), Nanoseconds::zero());
  world.Run();
  CHECK(world.counts().spooled == 200);
  CHECK(world.counts().dropped == 0);
  CHECK(world.adds_up);
}

TEST_CASE(
    "a spool is tidied now and then, but not at a stop, where it would keep from the disk what only memory holds") {
  class Tidied final : public FakeSpool {
   public:
    void Tidy() override { ++times_tidied; }
    int times_tidied = 0;
  } spool;
  AwayWorld world;
  spool.disk_works = false;
  world.spool = &spool;
  int before_stop = 0;
  world.Push(10);
  const Nanoseconds stop = milliseconds(12'300);  // between two looks at the spool
  world.target.At(stop, [&] {
    spool.disk_works = true;
    before_stop = spool.times_tidied;
  });
  world.StopAt(stop, Nanoseconds::zero());
  world.Run();
  CHECK(world.counts().spooled == 10);
  CHECK(before_stop > 10);
  CHECK(spool.times_tidied == before_stop);
}

TEST_CASE("at a stop a spool that joins batches to make room for what only memory holds goes on with that") {
  class NearlyFull final : public FakeSpool {
   public:
    void Tidy() override {
      if (stops && ++times_tidied == 3) disk_works = true;
    }
    [[nodiscard]] SpoolStats stats() const override {
      SpoolStats stats = FakeSpool::stats();
      stats.makes_room = times_tidied < 3;
      return stats;
    }
    int times_tidied = 0;
    bool stops = false;
  } spool;
  AwayWorld world;
  spool.disk_works = false;
  world.spool = &spool;
  world.PushEvery(seconds(2), 10, 5);
  const Nanoseconds stop = milliseconds(12'300);  // between two looks at the spool
  world.target.At(stop, [&] { spool.stops = true; });
  world.StopAt(stop, Nanoseconds::zero());
  world.Run();
  CHECK(world.counts().dropped == 0);
  CHECK(spool.durable_lines() == 50);
}

TEST_CASE("a batch on its way whose disk went away is written to the disk that is there") {
  AwayWorld world;
  world.disk.disk_works = true;
  world.target.latency = hours(1);
  world.PushEvery(seconds(2), 10, 2);
  world.target.At(seconds(8), [&] { world.disk.DisplaceHandedOut(); });
  CHECK(world.CountsAt(seconds(10)).spooled == 20);
  CHECK(world.disk.durable_lines() == 20);
  CHECK(world.adds_up);
}

TEST_CASE("a batch on its way whose disk went away is not durable while no disk takes it") {
  AwayWorld world;
  world.disk.disk_works = true;
  world.target.latency = hours(1);
  world.PushEvery(seconds(2), 10, 2);
  world.target.At(seconds(8), [&] {
    world.disk.disk_works = false;
    world.disk.DisplaceHandedOut();
  });
  const LineCounts counts = world.CountsAt(seconds(10));
  CHECK(counts.spooled == 0);
  CHECK(counts.in_flight == 20);
  CHECK(world.adds_up);
}

}  // namespace
}  // namespace vmtelem

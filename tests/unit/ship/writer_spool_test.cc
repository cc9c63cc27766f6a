#include <catch2/catch.hpp>

#include "poison_answers.h"
#include "ship/writer.h"
#include "writer_world.h"

namespace vmtelem {
namespace {

class DiskWorld : public WriterWorld {
 public:
  DiskWorld() { spool = &disk; }
  void NoteAt(Nanoseconds when, LineCounts& counts) {
    target.At(when, [this, &counts] { counts = ledger.counts(); });
  }
};

TEST_CASE("lines that a durable spool keeps are spooled, in flight or not, and stay there at the end") {
  DiskWorld world;
  world.target.latency = hours(1);
  world.Push(4);
  LineCounts in_flight;
  world.NoteAt(seconds(2), in_flight);
  world.StopAt(seconds(3), seconds(1));
  world.Run();
  CHECK(in_flight.spooled == 4);
  CHECK(in_flight.in_flight == 0);
  CHECK(world.counts().spooled == 4);
  CHECK(world.counts().dropped == 0);
  CHECK(world.disk.durable_lines() == 4);
}

TEST_CASE("lines are in the accounts as written before the spool forgets their batch") {
  class Watched final : public FakeSpool {
   public:
    explicit Watched(const Ledger& ledger) : ledger_(ledger) {}
    void Acknowledge(std::uint64_t id, const Unwritten& but) override {
      written_before.push_back(ledger_.counts().written);
      FakeSpool::Acknowledge(id, but);
    }
    std::vector<std::uint64_t> written_before;

   private:
    const Ledger& ledger_;
  };
  WriterWorld world;
  Watched spool(world.ledger);
  world.spool = &spool;
  world.Push(4);
  world.PushAt(seconds(2), 3);
  world.StopAt(seconds(4));
  world.Run();
  CHECK(spool.written_before == std::vector<std::uint64_t>{4, 7});
}

TEST_CASE("lines left in the spool at the end are logged with the fault that kept them") {
  DiskWorld world;
  world.target.answer = [](const Batch&) { return Say(Action::kRetry, ErrorCode::kUnreachable, "it is away"); };
  world.Push(4);
  world.StopAt(seconds(3), seconds(1));
  world.Run();
  CHECK(world.Logged("4 lines left in the spool: it is away").size() == 1);
  REQUIRE(world.writer->stats().fault);
  CHECK(world.writer->stats().fault->code == ErrorCode::kUnreachable);
}

TEST_CASE("lines that are left to another process are no fault") {
  class SomebodyElses final : public Spool {
   public:
    SpooledBatch Add(std::shared_ptr<const Batch> batch) override { return {1, batch, true}; }
    std::optional<SpooledBatch> AddIfDurable(std::shared_ptr<const Batch>) override { return std::nullopt; }
    bool AddInPlace(std::shared_ptr<const Batch>) override { return false; }
    std::optional<SpooledBatch> Take(std::uint64_t) override { return std::nullopt; }
    bool HandOut(std::uint64_t) override { return false; }
    std::optional<SpooledBatch> Next() override { return std::nullopt; }
    void Acknowledge(std::uint64_t, const Unwritten&) override {}
    void KeepRejected(std::string_view, std::string_view) override {}
    SpoolChanges CatchUp() override { return {}; }
    [[nodiscard]] SpoolStats stats() const override { return {.durable = true}; }
  } spool;
  WriterWorld world;
  world.spool = &spool;
  world.Push(4);
  world.StopAt(seconds(1));
  world.Run();
  CHECK(world.target.elapsed() == seconds(1));
  CHECK(world.counts().spooled == 4);
  CHECK_FALSE(world.writer->stats().fault);
}

TEST_CASE("lines are in the spool after the age of a batch although every request is out or the database is down") {
  DiskWorld world;
  world.target.latency = hours(1);
  world.PushEvery(milliseconds(100), 10, 100);
  std::size_t least_spooled = 0;
  const auto inner = world.target.after_wait;
  world.target.after_wait = [&] {
    inner();
    const LineCounts counts = world.counts();
    least_spooled = std::max<std::size_t>(least_spooled, counts.queued);
  };
  world.StopAt(seconds(10), seconds(0));
  world.Run();
  CHECK(least_spooled <= 110);  // a second, and what came with its end
  CHECK(world.counts().spooled == 1000);
}

TEST_CASE("what cannot be written to disk stays queued, and is spooled when that works again") {
  DiskWorld world;
  world.disk.disk_works = false;
  world.target.answer = [](const Batch&) { return Say(Action::kRetry); };
  world.options.writes_in_flight = 1;
  world.PushEvery(seconds(2), 10, 5);
  world.target.At(seconds(12), [&] { world.disk.disk_works = true; });
  LineCounts before, after;
  world.NoteAt(seconds(11), before);
  world.NoteAt(seconds(14), after);
  world.StopAt(seconds(15), Nanoseconds::zero());
  world.Run();
  CHECK(before.spooled == 0);
  CHECK(before.queued + before.in_flight == 50);
  CHECK(after.spooled == 50);  // with the batch that is on its way
  CHECK(world.adds_up);
}

TEST_CASE("a stop puts on disk what only memory holds, if that works by then") {
  DiskWorld world;
  world.disk.disk_works = false;
  world.target.answer = [](const Batch&) { return Say(Action::kRetry); };
  world.PushEvery(seconds(2), 10, 5);
  world.target.At(seconds(20), [&] { world.disk.disk_works = true; });
  world.StopAt(seconds(20), Nanoseconds::zero());
  world.Run();
  CHECK(world.counts().spooled == 50);
  CHECK(world.counts().dropped == 0);
  CHECK(world.disk.durable_lines() == 50);
}

TEST_CASE("of a batch in memory that was delivered in part, the rest is put on disk at the end") {
  DiskWorld world;
  world.disk.disk_works = false;
  const std::size_t limit = SampleLines(0, 10).bytes.size();
  world.target.answer = [&](const Batch& batch) {
    if (batch.bytes().size() > limit) return Say(Action::kSplit);
    return world.target.stored.size() < 10 ? Verdict{} : Say(Action::kRetry);
  };
  world.Push(20);
  world.target.At(seconds(5), [&] { world.disk.disk_works = true; });
  world.StopAt(seconds(5), Nanoseconds::zero());
  world.Run();
  CHECK(world.counts().written == 10);
  CHECK(world.counts().spooled == 10);
  CHECK(world.disk.durable_text() == SampleLines(10, 10).bytes);
}

TEST_CASE("lines that the disk does not take until the end are dropped, counted and logged") {
  DiskWorld world;
  world.disk.disk_works = false;
  world.target.answer = [](const Batch&) { return Say(Action::kRetry, ErrorCode::kUnreachable, "it is away"); };
  world.Push(10);
  world.StopAt(seconds(5), Nanoseconds::zero());
  world.Run();
  CHECK(world.counts().dropped == 10);
  CHECK(world.Logged("10 lines not delivered and dropped: it is away").size() == 1);
}

TEST_CASE("lines that a spool gives up are dropped from where they were counted, and logged with their time") {
  for (const bool durable : {true, false}) {
    DiskWorld world;
    world.disk.disk_works = durable;
    world.target.answer = [](const Batch&) { return Say(Action::kRetry); };
    world.options.writes_in_flight = 1;
    world.PushEvery(seconds(2), 10'000, 3);
    world.target.At(seconds(8), [&] { world.disk.LoseOldest(); });
    LineCounts after;
    world.NoteAt(seconds(10), after);
    world.StopAt(seconds(11), Nanoseconds::zero());
    world.Run();
    CHECK(after.dropped == 10'000);
    CHECK(after.spooled == (durable ? 20'000 : 0));
    CHECK(
        world.Logged("10000 lines in 1 batch from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z lost: the spool is full")
            .size() == 1);
    CHECK(world.Logged("memory").empty());
    CHECK(world.adds_up);
  }
}

TEST_CASE("losses of one cause are logged once a minute and at the end, each line once") {
  DiskWorld world;
  world.target.answer = [](const Batch&) { return Say(Action::kRetry, ErrorCode::kUnreachable, "it is away"); };
  world.PushEvery(seconds(2), 10, 100);
  for (int i = 0; i < 40; ++i) world.target.At(seconds(20 + 2 * i), [&] { world.disk.LoseOldest(); });
  world.StopAt(seconds(110), Nanoseconds::zero());
  world.Run();
  REQUIRE(world.Logged("lost: the spool is full").size() == 3);
  CHECK(world.Logged("10 lines in 1 batch from").size() == 1);
  CHECK(world.Logged("300 lines in 30 batches from").size() == 1);
  CHECK(world.Logged("90 lines in 9 batches from").size() == 1);
}

TEST_CASE("rejected lines are kept whole with the server's reason, and the log has only their series") {
  DiskWorld world;
  world.target.answer = Names({1, 2});
  world.Push(4);
  world.StopAt(seconds(2));
  world.Run();
  using Kept = std::vector<std::pair<std::string, std::string>>;
  CHECK(world.disk.rejected == Kept{{SampleLine(1), "as the test says"}, {SampleLine(2), "as the test says"}});
  CHECK(world.Logged("1 line rejected, the first 'm,i=000001': as the test says").size() == 1);
  CHECK(world.Logged("v=1i").empty());
}

}  // namespace
}  // namespace vmtelem

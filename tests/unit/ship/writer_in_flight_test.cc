#include <catch2/catch.hpp>

#include "ship/writer.h"
#include "writer_world.h"

// How many requests the writer has in flight, by how the database answers.
namespace vmtelem {
namespace {

constexpr std::size_t kLinesOfBatch = 10'000;

class CrowdWorld : public WriterWorld {
 public:
  CrowdWorld() { spool = &disk; }

  void LeaveBacklog(std::size_t batches) {
    for (std::size_t i = 0; i < batches; ++i) disk.Leave(SampleBatch(kFirstOld + i * kLinesOfBatch, kLinesOfBatch));
  }
  // As InfluxDB 3 does: whatever came is answered at the next whole second.
  void AnswerAtFlush() {
    target.latency_of = [this](const Batch&) { return seconds(1) - target.elapsed() % seconds(1); };
  }
  // Each request waits for all that came before.
  void AnswerInTurn(Nanoseconds each) {
    target.latency_of = [this, each](const Batch&) {
      free_at_ = std::max(free_at_, target.elapsed()) + each;
      return free_at_ - target.elapsed();
    };
  }
  std::size_t MostInFlight(Nanoseconds until) {
    std::size_t most = 0;
    target.At(until, [&] { most = target.most_in_flight; });
    StopAt(until, Nanoseconds::zero());
    Run();
    return most;
  }

 private:
  static constexpr std::size_t kFirstOld = 50'000'000;
  Nanoseconds free_at_{};
};

TEST_CASE("a backlog and new lines have all requests in flight where the database answers at its flush") {
  CrowdWorld world;
  world.AnswerAtFlush();
  world.LeaveBacklog(300);
  world.options.backlog_rate = 10'000;
  for (std::size_t second = 0; second < 25; ++second) world.PushAt(seconds(second) + milliseconds(50), 6000);
  CHECK(world.MostInFlight(seconds(25)) == 16);
}

TEST_CASE("new lines alone have as many requests in flight as carry them, where the database answers at its flush") {
  CrowdWorld world;
  world.AnswerAtFlush();
  for (std::size_t second = 0; second < 20; ++second) world.PushAt(seconds(second) + milliseconds(50), 60'000);
  std::size_t written = 0;
  world.target.At(seconds(20) + milliseconds(20), [&] { written = world.counts().written; });
  const std::size_t most = world.MostInFlight(seconds(20) + milliseconds(30));
  CHECK(written == world.pushed);
  CHECK(most >= 6);
  CHECK(most <= 13);
}

TEST_CASE("few lines never have more than two requests in flight") {
  CrowdWorld world;
  world.AnswerAtFlush();
  world.PushEvery(milliseconds(250), 100, 200);
  CHECK(world.MostInFlight(seconds(50)) <= 2);
}

TEST_CASE("a database that does one request after another is not flooded") {
  CrowdWorld world;
  world.AnswerInTurn(milliseconds(200));
  world.LeaveBacklog(300);
  world.PushEvery(seconds(1), 1000, 50);
  CHECK(world.MostInFlight(seconds(50)) <= 6);
}

TEST_CASE("a database that is overloaded by more than some requests gets fewer of them") {
  CrowdWorld world;
  world.AnswerAtFlush();
  std::size_t refused = 0, in_all = 0;
  world.target.answers_at_start = true;
  world.target.answer = [&](const Batch&) {
    ++in_all;
    if (world.target.in_flight < 6) return Verdict{};
    ++refused;
    Verdict busy = Say(Action::kRetry);
    busy.busy = true;
    return busy;
  };
  world.LeaveBacklog(300);
  CHECK(world.MostInFlight(seconds(60)) <= 9);
  CHECK(refused > 0);
  CHECK(refused * 4 < in_all);
}

TEST_CASE("requests in flight hold no more lines than there is memory for") {
  CrowdWorld world;
  world.AnswerAtFlush();
  world.options.queue_max_bytes = 5U << 20;
  world.LeaveBacklog(100);
  std::size_t most = 0;
  const auto inner = world.target.after_wait;
  world.target.after_wait = [&] {
    inner();
    most = std::max(most, world.target.bytes_in_flight());
  };
  CHECK(world.MostInFlight(seconds(25)) > 2);
  CHECK(world.target.most_in_flight < 8);  // each may be as large as the largest
  CHECK(most <= world.options.queue_max_bytes);
}

}  // namespace
}  // namespace vmtelem

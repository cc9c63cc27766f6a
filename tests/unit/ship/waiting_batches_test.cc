#include "ship/waiting_batches.h"

#include <catch2/catch.hpp>

#include "fakes/default_settings.h"
#include "fakes/fake_spool.h"
#include "fakes/sample_lines.h"

namespace vmtelem {
namespace {

using std::chrono::seconds;

constexpr SteadyTime kStart{seconds(100)};
constexpr WaitingBatches::Limit kPlenty{1000, 1 << 20};
constexpr WaitingBatches::Limit kSingle{1, 1};

class Waiting {
 public:
  void Seal(std::size_t first, std::size_t lines, SteadyTime now = kStart) {
    batches.Sealed(spool.Add(SampleBatch(first, lines)), now);
  }
  static std::vector<std::size_t> Lines(const WaitingBatches::Parts& parts) {
    std::vector<std::size_t> lines;
    for (const SpooledBatch& part : parts) lines.push_back(part.batch->line_count());
    return lines;
  }

  FakeSpool spool;
  DeliveryOptions options = DefaultDelivery();  // live for seven seconds
  WaitingBatches batches{spool, options};
};

using Counts = std::vector<std::size_t>;

TEST_CASE("live batches that wait are taken together, oldest first") {
  Waiting waiting;
  for (const std::size_t lines : {1U, 2U, 3U}) waiting.Seal(lines * 10, lines);
  CHECK(Waiting::Lines(waiting.batches.TakeLive(kStart, kPlenty)) == Counts{1, 2, 3});
  CHECK(waiting.batches.TakeLive(kStart, kPlenty).empty());
}

TEST_CASE("a batch that is sealed to be sent is handed out at once, and taken with those sealed afterwards") {
  Waiting waiting;
  waiting.batches.SealedToSend(waiting.spool.Add(SampleBatch(0, 1)), kStart);
  CHECK_FALSE(waiting.spool.Next());
  waiting.Seal(10, 2);
  CHECK(Waiting::Lines(waiting.batches.TakeLive(kStart, kPlenty)) == Counts{1, 2});
}

TEST_CASE("when a batch is sealed to be sent the spool is looked at again") {
  Waiting waiting;
  CHECK(waiting.batches.TakeBacklog(kPlenty).empty());
  CHECK(waiting.batches.backlog_empty());
  waiting.batches.SealedToSend(waiting.spool.Add(SampleBatch(0, 1)), kStart);
  CHECK_FALSE(waiting.batches.TakeLive(kStart, kPlenty).empty());
  CHECK_FALSE(waiting.batches.backlog_empty());
}

TEST_CASE("a batch that is sealed to be sent comes after those that wait already") {
  Waiting waiting;
  waiting.Seal(0, 1);
  waiting.batches.SealedToSend(waiting.spool.Add(SampleBatch(10, 2)), kStart);
  CHECK(Waiting::Lines(waiting.batches.TakeLive(kStart, kPlenty)) == Counts{1, 2});
}

TEST_CASE("parts keep the limit of lines and of bytes, and what did not fit comes next") {
  for (const WaitingBatches::Limit limit :
       {WaitingBatches::Limit{25, 1 << 20}, {1000, SampleLines(0, 25).bytes.size()}}) {
    Waiting waiting;
    for (std::size_t i = 0; i < 3; ++i) waiting.Seal(i * 10, 10);
    CHECK(Waiting::Lines(waiting.batches.TakeLive(kStart, limit)) == Counts{10, 10});
    CHECK_FALSE(waiting.batches.empty());
    CHECK(Waiting::Lines(waiting.batches.TakeLive(kStart, limit)) == Counts{10});
  }
}

TEST_CASE("a batch above the limit is taken alone") {
  Waiting waiting;
  waiting.Seal(0, 10);
  waiting.Seal(10, 10);
  CHECK(Waiting::Lines(waiting.batches.TakeLive(kStart, kSingle)) == Counts{10});
}

TEST_CASE("a batch that is not live any more is backlog") {
  Waiting waiting;
  waiting.Seal(0, 1, kStart);
  waiting.Seal(1, 2, kStart + seconds(5));
  CHECK(Waiting::Lines(waiting.batches.TakeLive(kStart + seconds(8), kPlenty)) == Counts{2});
  CHECK(Waiting::Lines(waiting.batches.TakeBacklog(kPlenty)) == Counts{1});
}

TEST_CASE("so many live batches are remembered and older ones are backlog") {
  Waiting waiting;
  for (std::size_t i = 0; i < 300; ++i) waiting.Seal(i, 1);
  CHECK(waiting.batches.TakeLive(kStart, kPlenty).size() == 256);
  CHECK(waiting.batches.TakeBacklog(kPlenty).size() == 44);
}

TEST_CASE("a live batch that the spool gave up is passed over") {
  Waiting waiting;
  waiting.Seal(0, 1);
  waiting.Seal(1, 2);
  REQUIRE(waiting.spool.LoseOldest());
  CHECK(Waiting::Lines(waiting.batches.TakeLive(kStart, kPlenty)) == Counts{2});
}

TEST_CASE("batches that survive the process and others do not go together") {
  Waiting waiting;
  waiting.Seal(0, 1);
  waiting.spool.disk_works = false;
  waiting.Seal(1, 2);
  waiting.Seal(3, 3);
  CHECK(Waiting::Lines(waiting.batches.TakeLive(kStart, kPlenty)) == Counts{1});
  CHECK(Waiting::Lines(waiting.batches.TakeLive(kStart, kPlenty)) == Counts{2, 3});
}

// Of two batches that only memory holds one was taken, the other looked at.
void LookAtOneThatDoesNotFit(Waiting& waiting) {
  waiting.spool.disk_works = false;
  waiting.Seal(0, 10);
  waiting.Seal(10, 11);
  REQUIRE(Waiting::Lines(waiting.batches.TakeLive(kStart, {15, 1 << 20})) == Counts{10});
}

TEST_CASE("a batch that did not fit is put on disk when the disk takes it, and still comes next") {
  Waiting waiting;
  LookAtOneThatDoesNotFit(waiting);
  waiting.spool.disk_works = true;
  CHECK(waiting.batches.MakeDurable() == 11);
  CHECK(waiting.batches.MakeDurable() == 0);
  CHECK(waiting.spool.durable_lines() == 11);
  CHECK(waiting.spool.moved_lines == 11);  // else whoever waits for them would take them for written
  const auto next = waiting.batches.TakeLive(kStart, kPlenty);
  CHECK(Waiting::Lines(next) == Counts{11});
  CHECK(next.at(0).durable);
}

TEST_CASE("a batch that did not fit stays as it is while the disk does not take it") {
  Waiting waiting;
  LookAtOneThatDoesNotFit(waiting);
  CHECK(waiting.batches.MakeDurable() == 0);
  CHECK(Waiting::Lines(waiting.batches.TakeLive(kStart, kPlenty)) == Counts{11});
}

TEST_CASE("once the spool was found empty nothing waits, until a batch is sealed or comes") {
  Waiting waiting;
  CHECK_FALSE(waiting.batches.empty());
  CHECK(waiting.batches.TakeBacklog(kPlenty).empty());
  CHECK(waiting.batches.empty());
  waiting.batches.MoreCame();
  CHECK_FALSE(waiting.batches.empty());
  CHECK(waiting.batches.TakeBacklog(kPlenty).empty());
  waiting.Seal(0, 1);
  CHECK_FALSE(waiting.batches.empty());
}

}  // namespace
}  // namespace vmtelem

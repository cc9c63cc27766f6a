// Batches with much more text than is ever sealed, which somebody else has put into the spool.
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "large_world.h"

namespace vmtelem {
namespace {

TEST_CASE("a large batch is handed out in parts no larger than a batch that is sealed, whole and in order") {
  LargeWorld world;
  const auto spool = world.Open();
  const auto parts = TakeAll(*spool);
  CHECK(parts.size() == 3);
  std::string text;
  for (const SpooledBatch& part : parts) {
    CHECK(part.batch->bytes().size() <= JoinLimits().max_text_bytes);
    CHECK(part.durable);
    text += part.batch->bytes();
  }
  CHECK(text == LargeText());
}

TEST_CASE("a part has no more lines than a batch that is sealed") {
  LargeWorld world;
  std::string text;
  for (std::size_t i = 0; i < 15'000; ++i) text += SampleLine(i) + std::string(300, ' ') + "\n";
  std::filesystem::remove(world.PathOf(100));
  WriteFileBytes(world.PathOf(100, 15'000), GzipCompressor().Compress(text).value());
  CHECK(world.Open()->Next()->batch->line_count() == JoinLimits().max_lines);
}

TEST_CASE("the file of a large batch is removed when the last of its parts is acknowledged") {
  LargeWorld world;
  const auto spool = world.Open();
  const auto parts = TakeAll(*spool);
  for (const SpooledBatch& part : parts) {
    CHECK(world.BatchFiles().size() == 1);
    spool->Acknowledge(part.id);
  }
  CHECK(world.BatchFiles().empty());
  CHECK(spool->stats().batches == 0);
}

TEST_CASE("the lines of a large batch leave the books part by part") {
  LargeWorld world;
  const auto spool = world.Open();
  CHECK(spool->CatchUp().recovered_lines == kLines);
  const auto parts = TakeAll(*spool);
  CHECK(spool->stats().lines == kLines);
  spool->Acknowledge(parts.at(1).id);
  CHECK(spool->stats().lines == kLines - kLinesOfAPart);
  spool->Acknowledge(parts.at(0).id);
  spool->Acknowledge(parts.at(2).id);
  CHECK(spool->stats().lines == 0);
  CHECK(spool->CatchUp().losses.empty());
}

TEST_CASE("a large batch of which a part was not settled is there for the next process, all of it") {
  LargeWorld world;
  auto spool = world.Open();
  for (int i = 0; i < 2; ++i) spool->Acknowledge(spool->Next()->id);
  spool.reset();
  spool = world.Open();
  CHECK(spool->CatchUp().recovered_lines == kLines);
  CHECK(LinesOf(TakeAll(*spool)) == kLines);
}

TEST_CASE("of a large batch no more parts are handed out than memory may hold, and the next when one is settled") {
  LargeWorld world;
  world.delivery.queue_max_bytes = 2 * (8 * kMiB);
  const auto spool = world.Open();
  spool->CatchUp();
  const auto parts = TakeAll(*spool);
  CHECK(parts.size() == 2);
  CHECK_FALSE(spool->CatchUp().released);
  spool->Acknowledge(parts.front().id);
  CHECK(spool->CatchUp().released);
  CHECK(LinesOf(TakeAll(*spool)) == kLines - 2 * kLinesOfAPart);
}

TEST_CASE("one part is handed out however little memory there is") {
  LargeWorld world;
  world.delivery.queue_max_bytes = 2;
  const auto spool = world.Open();
  CHECK(TakeAll(*spool).size() == 1);
}

TEST_CASE("a large batch that has to wait holds up no other") {
  LargeWorld world;
  world.delivery.queue_max_bytes = 2;
  const auto spool = world.Open();
  TakeAll(*spool);
  spool->Add(SampleBatch(300, 3));
  const auto next = spool->Next();
  REQUIRE(next);
  CHECK(next->batch->first_wall_ns() == 300);
}

TEST_CASE("large batches are delivered one after the other") {
  LargeWorld world({100, 200, 300});
  const auto spool = world.Open();
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 100, 100, 200, 200, 200, 300, 300, 300});
  CHECK(world.BatchFiles().empty());
}

TEST_CASE("who waits for a large batch is told what became of all its parts") {
  LargeWorld world;
  const FileDescriptor waiting(::open(world.PathOf(100).c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::flock(waiting.get(), LOCK_SH) == 0);
  const auto spool = world.Open();
  const auto parts = TakeAll(*spool);
  spool->Acknowledge(parts.at(0).id, {.rejected = 2});
  spool->Acknowledge(parts.at(1).id, {.moved = 5});
  spool->Acknowledge(parts.at(2).id, {.rejected = 1});
  std::string text(200, '\0');
  REQUIRE(::pread(waiting.get(), text.data(), text.size(), 0) > 0);
  const auto outcome = ParseBatchOutcome(text);
  REQUIRE(outcome);
  CHECK((outcome->written == kLines - 8 && outcome->rejected == 3 && outcome->waiting == 5 && outcome->dropped == 0));
}

}  // namespace
}  // namespace vmtelem

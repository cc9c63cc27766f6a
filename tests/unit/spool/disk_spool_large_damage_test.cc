// Batches with much more text than is ever sealed that are damaged, and what happens while one is read.
#include <cerrno>

#include <catch2/catch.hpp>

#include "large_world.h"

namespace vmtelem {
namespace {

TEST_CASE("of a large batch that is altered anywhere no part is handed out") {
  LargeWorld world;
  std::string altered = LargePacked();
  altered[altered.size() - 6] = static_cast<char>(~altered[altered.size() - 6]);  // its CRC-32, of all things
  CHECK_THAT(world.ReasonOfLoss(altered, kLines), Catch::Contains("the check of gzip fails"));
}

TEST_CASE("of a large batch that is cut short no part is handed out") {
  LargeWorld world;
  const std::string cut = LargePacked().substr(0, LargePacked().size() - 1);
  CHECK_THAT(world.ReasonOfLoss(cut, kLines), Catch::Contains("the check of gzip fails"));
}

TEST_CASE("of a large batch with something behind it no part is handed out") {
  LargeWorld world;
  CHECK_THAT(world.ReasonOfLoss(LargePacked() + LargePacked(), kLines), Catch::Contains("something behind"));
}

TEST_CASE("of a large batch with another number of lines than in its name no part is handed out") {
  LargeWorld world;
  CHECK_THAT(world.ReasonOfLoss(LargePacked(), kLines + 1), Catch::Contains("holds 12000 lines and not the 12001"));
}

TEST_CASE("a large batch whose last line has no end is damaged") {
  LargeWorld world;
  const std::string packed = GzipCompressor().Compress(LargeText() + "m v=1i 1").value();
  CHECK_THAT(world.ReasonOfLoss(packed, kLines), Catch::Contains("in its name"));
}

TEST_CASE("a large batch with a line that is longer than a batch that is sealed is damaged") {
  LargeWorld world;
  const std::string text = LongLine(0) + std::string(5 * kMiB, 'x') + "\n" + LongLine(1);
  CHECK_THAT(world.ReasonOfLoss(GzipCompressor().Compress(text).value(), 3),
             Catch::Contains("a line of more than 4 MiB"));
}

TEST_CASE("a file that unpacks to more text than a batch may have is damaged") {
  LargeWorld world;
  std::string text;
  for (std::size_t i = 0; i < 70; ++i) text += std::string(kMiB - 1, 'x') + "\n";
  CHECK_THAT(world.ReasonOfLoss(GzipCompressor().Compress(text).value(), 70), Catch::Contains("more than 64 MiB"));
}

// Of what happens while it is read.

TEST_CASE("a medium that fails in the middle of a large batch holds up no other, and is tried again") {
  LargeWorld world;
  const auto spool = world.Open();
  const auto first = spool->Next();
  spool->Add(SampleBatch(300, 3));
  file_hooks::FailReads(EIO, 1);
  CHECK(spool->Next()->batch->first_wall_ns() == 300);
  CHECK(spool->stats().unreadable_batches == 1);
  CHECK(LinesOf(TakeAll(*spool)) == kLines - kLinesOfAPart);
  CHECK(spool->stats().unreadable_batches == 0);
  CHECK(spool->CatchUp().losses.empty());
}

TEST_CASE("what a medium does not give of a large batch is lost, and no line of it twice") {
  LargeWorld world;
  const auto spool = world.Open();
  const auto first = spool->Next();
  file_hooks::FailReads(EIO, 1'000);
  for (int i = 0; i < 2; ++i) {
    TakeAll(*spool);
    world.clock.Advance(ReadRetries::kPatience);
  }
  TakeAll(*spool);
  CHECK(LinesLost(spool->CatchUp()) == kLines - kLinesOfAPart);
  spool->Acknowledge(first->id);
  CHECK(spool->stats().lines == 0);
  CHECK(NamesIn(world.directory() / "damaged").size() == 1);
}

TEST_CASE("of a large batch that is altered while it is read the rest is lost, and no line of it twice") {
  LargeWorld world;
  const auto spool = world.Open();
  const auto first = spool->Next();
  std::filesystem::resize_file(world.PathOf(100), LargePacked().size() - 1'000);
  const std::size_t handed_out = LinesOf(TakeAll(*spool)) + kLinesOfAPart;
  CHECK(handed_out + LinesLost(spool->CatchUp()) == kLines);
  CHECK(handed_out < kLines);
}

TEST_CASE("parts of a large batch whose directory went away are durable no more") {
  LargeWorld world;
  const auto spool = world.Open();
  const auto first = spool->Next();
  std::filesystem::rename(world.root, world.root.string() + "-away");
  CHECK(spool->CatchUp().displaced == std::vector<std::uint64_t>{first->id});
  const auto second = spool->Next();
  REQUIRE(second);
  CHECK(spool->CatchUp().displaced == std::vector<std::uint64_t>{second->id});
  CHECK(spool->CatchUp().losses.empty());
}

TEST_CASE("what was not handed out of a large batch whose directory is away is given up when the process ends") {
  LargeWorld world;
  const auto spool = world.Open();
  const auto first = spool->Next();
  std::filesystem::rename(world.root, world.root.string() + "-away");
  spool->CatchUp();
  const auto losses = spool->GiveUpAway();
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].lines == kLines - kLinesOfAPart);
}

TEST_CASE("a large batch whose directory is back is removed when its parts are settled") {
  LargeWorld world;
  const auto spool = world.Open();
  const auto parts = TakeAll(*spool);
  std::filesystem::rename(world.root, world.root.string() + "-away");
  spool->CatchUp();
  for (const SpooledBatch& part : parts) spool->Acknowledge(part.id);
  std::filesystem::remove_all(world.root);
  std::filesystem::rename(world.root.string() + "-away", world.root);
  for (int i = 0; i < 2; ++i) CHECK(spool->CatchUp().recovered_lines == 0);
  CHECK(world.BatchFiles().empty());
}

}  // namespace
}  // namespace vmtelem

#include "spool/spool_contents.h"

#include <catch2/catch.hpp>

#include "fakes/default_settings.h"
#include "fakes/sample_lines.h"

namespace vmtelem {
namespace {

const DeliveryOptions kOptions = DefaultDelivery();

SpoolName NameOf(std::int64_t stamp, std::uint32_t lines = 3) { return {stamp, stamp + lines - 1, 1, lines}; }

SpoolIndex::Id AddInMemory(SpoolContents& contents, std::size_t first) {
  return contents.AddInMemory(NameOf(static_cast<std::int64_t>(first)), SampleBatch(first, 3));
}

TEST_CASE("a batch that is lost while only memory holds it leaves the memory too") {
  SpoolContents contents(kOptions);
  const auto id = AddInMemory(contents, 100);
  CHECK(contents.stats().memory_batches == 1);
  contents.Lose(id, "the memory is full");
  CHECK(contents.stats().batches == 0);
  CHECK(contents.stats().memory_bytes == 0);
  REQUIRE(contents.changes().losses.size() == 1);
  CHECK_FALSE(contents.changes().losses[0].durable);
}

TEST_CASE("the memory of a batch that is being sent is counted until it is settled") {
  SpoolContents contents(kOptions);
  const auto id = AddInMemory(contents, 100);
  const std::uint64_t bytes = contents.stats().memory_bytes;
  contents.memory().Lend(NameOf(100));
  contents.index().HandOut(id);
  CHECK(contents.stats().memory_bytes == bytes);
  contents.Forget(id);
  CHECK(contents.stats().memory_bytes == 0);
}

TEST_CASE("batches that become one file wait as one, under the id of the first") {
  SpoolContents contents(kOptions);
  const auto first = AddInMemory(contents, 100), second = AddInMemory(contents, 200);
  contents.Persisted(contents.memory().OldestTogether({}), {NameOf(100, 6), 4096, false});
  CHECK(contents.index().Waits(first));
  CHECK_FALSE(contents.index().Waits(second));
  CHECK(contents.stats().memory_batches == 0);
  CHECK(contents.stats().lines == 6);
  CHECK(contents.changes().persisted_lines == 6);
}

TEST_CASE("a batch whose lines another process settled is accounted for line by line") {
  SpoolContents contents(kOptions);
  const auto id = contents.index().Add({NameOf(100, 10), 4096, false});
  const BatchOutcome outcome{.written = 4, .rejected = 3, .dropped = 2, .waiting = 1, .reason = "it was full"};
  contents.SettledElsewhere(id, outcome, "/spool/target");
  const SpoolChanges& changes = contents.changes();
  CHECK(changes.written_lines == 4);
  CHECK(changes.rejected_lines == 3);
  CHECK(changes.handed_over_lines == 1);
  REQUIRE(changes.losses.size() == 1);
  CHECK(changes.losses[0].lines == 2);
  CHECK_THAT(changes.losses[0].reason, Catch::StartsWith("/spool/target/100-") && Catch::EndsWith(": it was full"));
  CHECK(contents.stats().batches == 0);
}

TEST_CASE("a batch of which another process has not said what became is handed over") {
  SpoolContents contents(kOptions);
  contents.SettledElsewhere(contents.index().Add({NameOf(100), 4096, false}), std::nullopt, "/spool/target");
  CHECK(contents.changes().handed_over_lines == 3);
  CHECK(contents.changes().losses.empty());
}

TEST_CASE("batches that are given up together are one loss, with the stamps of all") {
  SpoolContents contents(kOptions);
  std::vector<SpoolIndex::Id> ids;
  for (const std::int64_t stamp : {300, 100, 200}) ids.push_back(contents.index().Add({NameOf(stamp), 4096, false}));
  const auto loss = contents.GiveUp(ids, "they went away");
  REQUIRE(loss);
  CHECK(loss->lines == 9);
  CHECK(loss->batches == 3);
  CHECK(loss->first_wall_ns == 100);
  CHECK(loss->last_wall_ns == 302);
  CHECK_FALSE(contents.GiveUp({}, "nothing"));
}

TEST_CASE("a batch that leaves is no longer one that cannot be read") {
  SpoolContents contents(kOptions);
  const auto id = contents.index().Add({NameOf(100), 4096, false});
  contents.NoteUnreadable(NameOf(100));
  CHECK(contents.stats().unreadable_batches == 1);
  contents.HandOver(id);
  CHECK(contents.stats().unreadable_batches == 0);
}

}  // namespace
}  // namespace vmtelem

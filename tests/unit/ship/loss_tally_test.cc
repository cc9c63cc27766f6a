#include "ship/loss_tally.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using std::chrono::seconds;

LossTally::Loss Loss(const std::string& cause, std::uint64_t lines, std::int64_t first_ns, std::int64_t last_ns) {
  return {cause, lines, 1, first_ns, last_ns};
}

TEST_CASE("the first loss of a cause is due at once, and what follows within a minute is due together after it") {
  LossTally tally;
  const SteadyTime start{};
  tally.Add(Loss("full", 5, 10, 20), start);
  CHECK(tally.TakeDue(start).size() == 1);
  tally.Add(Loss("full", 7, 50, 60), start + seconds(1));
  tally.Add(Loss("full", 3, 30, 40), start + seconds(2));
  CHECK(tally.TakeDue(start + seconds(59)).empty());
  const auto due = tally.TakeDue(start + seconds(60));
  REQUIRE(due.size() == 1);
  CHECK(due[0].lines == 10);
  CHECK(due[0].batches == 2);
  CHECK(due[0].first_wall_ns == 30);
  CHECK(due[0].last_wall_ns == 60);
  CHECK(tally.TakeDue(start + seconds(200)).empty());
}

TEST_CASE("losses that came together are one message from the first of them on") {
  LossTally tally;
  for (int i = 0; i < 50; ++i) tally.Add(Loss("full", 2, i, i), {});
  const auto due = tally.TakeDue({});
  REQUIRE(due.size() == 1);
  CHECK(due[0].lines == 100);
  CHECK(due[0].last_wall_ns == 49);
}

TEST_CASE("each cause has a message of its own, and the last message holds the lines that none has counted yet") {
  LossTally tally;
  for (const char* const cause : {"damaged", "full"}) tally.Add(Loss(cause, 1, 1, 1), {});
  CHECK(tally.TakeDue({}).size() == 2);
  for (const char* const cause : {"damaged", "full"}) tally.Add(Loss(cause, 4, 2, 2), {});
  const auto rest = tally.TakeRest();
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].lines + rest[1].lines == 8);
  CHECK(tally.TakeRest().empty());
}

TEST_CASE("of any number of causes most are summed up, and no line is left out") {
  LossTally tally;
  std::uint64_t said = 0;
  for (int i = 0; i < 1000; ++i) tally.Add(Loss("file " + std::to_string(i), 1, i, i), {});
  const auto due = tally.TakeDue({});
  for (const auto& loss : due) said += loss.lines;
  CHECK(due.size() < 100);
  CHECK(said == 1000);
}

TEST_CASE("after many causes are over, a new one has a message of its own again") {
  LossTally tally;
  for (int i = 0; i < 1000; ++i) tally.Add(Loss("file " + std::to_string(i), 1, i, i), {});
  tally.TakeDue({});
  tally.TakeDue(SteadyTime{} + LossTally::kInterval);
  tally.Add(Loss("full", 1, 1, 1), SteadyTime{} + LossTally::kInterval);
  const auto due = tally.TakeDue(SteadyTime{} + LossTally::kInterval);
  REQUIRE(due.size() == 1);
  CHECK(due[0].cause == "full");
}

TEST_CASE("the latest loss is known, logged or not") {
  LossTally tally;
  CHECK_FALSE(tally.latest().has_value());
  tally.Add(Loss("full", 1, 1, 1), SteadyTime{} + seconds(7));
  CHECK(tally.latest()->cause == "full");
  CHECK(tally.latest()->at == SteadyTime{} + seconds(7));
}

}  // namespace
}  // namespace vmtelem

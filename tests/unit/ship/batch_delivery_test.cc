#include "ship/batch_delivery.h"

#include <catch2/catch.hpp>

#include "fakes/sample_lines.h"

namespace vmtelem {
namespace {

TEST_CASE("several batches go as one and are acknowledged together") {
  KnownPoison known;
  BatchDelivery outgoing({{7, SampleBatch(0, 3), true}, {9, SampleBatch(3, 2), true}}, known);
  CHECK(outgoing.ids() == std::vector<std::uint64_t>{7, 9});
  CHECK(outgoing.durable());
  CHECK(outgoing.lines().Next(1U << 20U)->bytes() == SampleBatch(0, 5)->bytes());
  CHECK(outgoing.lines().Answered({}, false).written == 5);
  CHECK(outgoing.lines().done());
}

TEST_CASE("for each batch the rejected lines and those neither stored nor rejected are counted") {
  KnownPoison known;
  BatchDelivery outgoing({{7, SampleBatch(0, 1), true}, {9, SampleBatch(1, 1), true}, {8, SampleBatch(2, 2), true}},
                         known);
  PoisonSearch& lines = outgoing.lines();
  while (lines.pieces().isolated().empty()) {
    const auto next = lines.Next(1U << 20U);
    const bool has_poison = next->bytes().find(SampleLine(1)) != std::string::npos;
    Verdict verdict;
    verdict.action = has_poison ? Action::kRefuse : Action::kAck;
    lines.Answered(verdict, true);
    lines.OtherAnswered(true);
  }
  const std::vector<Unwritten> unwritten = outgoing.unwritten();
  REQUIRE(unwritten.size() == 3);
  CHECK((unwritten[0].rejected + unwritten[0].moved) == 0);
  CHECK(unwritten[1].rejected == 1);
  CHECK(unwritten[1].moved == 0);
  CHECK(unwritten[2].rejected == 0);
  CHECK(unwritten[2].moved == lines.pieces().remaining_lines());
}

TEST_CASE("a single batch is sent as it is, with what was compressed of it") {
  KnownPoison known;
  const auto batch = SampleBatch(0, 3);
  BatchDelivery outgoing({{7, batch, false}}, known);
  CHECK(outgoing.lines().Next(1U << 20U) == batch);
  CHECK_FALSE(outgoing.durable());
}

}  // namespace
}  // namespace vmtelem

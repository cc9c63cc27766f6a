#include "ship/outgoing_batch.h"

#include <catch2/catch.hpp>

#include "sample_lines.h"

namespace vmtelem {
namespace {

TEST_CASE("several batches go as one and are acknowledged together") {
  KnownPoison known;
  OutgoingBatch outgoing({{7, SampleBatch(0, 3), true}, {9, SampleBatch(3, 2), true}}, known);
  CHECK(outgoing.ids() == std::vector<std::uint64_t>{7, 9});
  CHECK(outgoing.durable());
  CHECK(outgoing.lines().Next(1U << 20U)->bytes() == SampleBatch(0, 5)->bytes());
  CHECK(outgoing.lines().Settle({}, false).written == 5);
  CHECK(outgoing.lines().done());
}

TEST_CASE("a single batch is sent as it is, with what was compressed of it") {
  KnownPoison known;
  const auto batch = SampleBatch(0, 3);
  OutgoingBatch outgoing({{7, batch, false}}, known);
  CHECK(outgoing.lines().Next(1U << 20U) == batch);
  CHECK_FALSE(outgoing.durable());
}

}  // namespace
}  // namespace vmtelem

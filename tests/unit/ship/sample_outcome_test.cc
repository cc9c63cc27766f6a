#include "ship/sample_outcome.h"

#include <catch2/catch.hpp>

#include "fakes/sample_lines.h"

namespace vmtelem {
namespace {

constexpr std::size_t kFirst = 100, kLines = 4;

SpoolLoss LossOf(std::int64_t first_wall_ns, std::int64_t last_wall_ns, std::size_t lines) {
  return {lines, true, first_wall_ns, last_wall_ns, "the spool is full"};
}

// A sample of lines 100 to 103.
struct World {
  SampleOutcome sample{SampleLines(kFirst, kLines)};
  [[nodiscard]] std::vector<std::uint64_t> Counts() const {
    const BatchOutcome outcome = sample.outcome();
    return {outcome.written, outcome.rejected, outcome.dropped, outcome.waiting};
  }
};
using Counts = std::vector<std::uint64_t>;

TEST_CASE("a sample waits until something becomes of it") { CHECK(World().Counts() == Counts{0, 0, 0, 4}); }

TEST_CASE("lines of a sample are stored in whatever batch they go") {
  World world;
  world.sample.Stored(*SampleBatch(98, 3), {});
  CHECK(world.Counts() == Counts{1, 0, 0, 3});
  world.sample.Stored(*SampleBatch(98, 20), SayLines(Action::kAckPartly, {2, 3}));
  CHECK(world.Counts() == Counts{3, 0, 0, 1});  // 100 was stored before, 101 is named
}

TEST_CASE("a line that is sent twice is stored once") {
  World world;
  for (int i = 0; i < 2; ++i) world.sample.Stored(*SampleBatch(kFirst, 2), {});
  CHECK(world.Counts() == Counts{2, 0, 0, 2});
}

TEST_CASE("of rejected lines those of the sample count, with their reason") {
  World world;
  world.sample.Rejected({{SampleLine(101)}, "its own"});
  world.sample.Rejected({{SampleLine(7), SampleLine(8)}, "of others"});
  CHECK(world.Counts() == Counts{0, 1, 0, 3});
  CHECK(world.sample.outcome().reason == "its own");
}

TEST_CASE("of batches that are lost those of the time of the sample count") {
  World world;
  world.sample.Lost(LossOf(1, 99, 50));
  CHECK(world.Counts() == Counts{0, 0, 0, 4});
  world.sample.Lost(LossOf(100, 103, 3));
  CHECK(world.Counts() == Counts{0, 0, 3, 1});
  world.sample.LostFromMemory(20);
  CHECK(world.Counts() == Counts{0, 0, 4, 0});
}

TEST_CASE("of no sample there is no outcome") {
  SampleOutcome nothing{Lines{}};
  nothing.Stored(*SampleBatch(0, 3), {});
  nothing.LostFromMemory(3);
  CHECK(nothing.outcome().dropped + nothing.outcome().written + nothing.outcome().waiting == 0);
}

}  // namespace
}  // namespace vmtelem

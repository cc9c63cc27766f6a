#include "spool/join_plan.h"

#include <limits>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using Parts = std::vector<SpoolIndex::Id>;

constexpr std::int64_t kSettledNs = 1'000'000'000'000'000'000, kSecondNs = 1'000'000'000;

SpoolEntry EntryAt(std::int64_t second, std::uint32_t lines = 100, std::uint32_t bytes = 1000) {
  return {{second * kSecondNs, second * kSecondNs + 10, 1, lines}, bytes, false};
}

// What is planned of these, whose ids are 1, 2, ...
Parts PlanOf(const std::vector<SpoolEntry>& entries, JoinLimits limits = {}) {
  JoinPlan plan(limits, kSettledNs);
  SpoolIndex::Id id = 0;
  for (const SpoolEntry& entry : entries) {
    if (!plan.Offer(++id, entry)) break;
  }
  return plan.parts();
}

TEST_CASE("neighbours are joined, the oldest first") {
  CHECK(PlanOf({EntryAt(1), EntryAt(2), EntryAt(3)}) == Parts{1, 2, 3});
}

TEST_CASE("a joined batch has no more lines than a batch that is sealed") {
  CHECK(PlanOf({EntryAt(1, 4000), EntryAt(2, 4000), EntryAt(3, 2000), EntryAt(4, 1)}) == Parts{1, 2, 3});
}

TEST_CASE("a plan has a bounded number of parts") {
  JoinLimits limits;
  limits.max_parts = 2;
  CHECK(PlanOf({EntryAt(1), EntryAt(2), EntryAt(3)}, limits) == Parts{1, 2});
}

TEST_CASE("a batch of more than half of the lines is passed over, since it was joined or needs not to be") {
  CHECK(PlanOf({EntryAt(1), EntryAt(2, 5001), EntryAt(3)}) == Parts{1, 3});
}

TEST_CASE("a file that is larger than half of the text is passed over") {
  CHECK(PlanOf({EntryAt(1), EntryAt(2, 100, (2U << 20U) + 1), EntryAt(3)}) == Parts{1, 3});
}

TEST_CASE("what only memory holds is no part") {
  SpoolEntry in_memory = EntryAt(2);
  in_memory.in_memory = true;
  CHECK(PlanOf({EntryAt(1), in_memory, EntryAt(3)}) == Parts{1, 3});
}

TEST_CASE("what was sampled just now is no part") {
  const SpoolEntry just_now{{kSettledNs, kSettledNs + 1, 1, 100}, 1000, false};
  CHECK(PlanOf({EntryAt(1), EntryAt(2), just_now}) == Parts{1, 2});
}

TEST_CASE("batches far apart are not joined: one of them has the stamps of a wrong clock") {
  CHECK(PlanOf({EntryAt(1), EntryAt(2), EntryAt(9000), EntryAt(9001)}) == Parts{1, 2});
}

TEST_CASE("a batch far from its neighbours stands alone, and those after it are joined") {
  CHECK(PlanOf({EntryAt(1), EntryAt(9000), EntryAt(9001)}) == Parts{2, 3});
}

TEST_CASE("a gap counts from the newest line so far, not from the last part") {
  const SpoolEntry long_one{{0, 7000 * kSecondNs, 1, 100}, 1000, false};
  CHECK(PlanOf({long_one, EntryAt(1), EntryAt(9000)}) == Parts{1, 2, 3});
}

TEST_CASE("stamps at the ends of time are no neighbours") {
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  CHECK(PlanOf({{{kMin, kMin, 1, 1}, 100, false}, EntryAt(1), EntryAt(2)}) == Parts{2, 3});
}

TEST_CASE("the bytes of a plan are those of its parts, not of what was passed over") {
  JoinPlan plan({}, kSettledNs);
  plan.Offer(1, EntryAt(1, 10, 70));
  plan.Offer(2, EntryAt(9000, 10, 500));
  plan.Offer(3, EntryAt(9001, 10, 30));
  CHECK(plan.file_bytes() == 530);
}

}  // namespace
}  // namespace vmtelem

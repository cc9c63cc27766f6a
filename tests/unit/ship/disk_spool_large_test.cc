#include <catch2/catch.hpp>

#include "base/gzip.h"
#include "ship/large_batches.h"
#include "spool_world.h"

namespace vmtelem {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;

// A spool in which somebody has put batches of 20 MiB of text, at `firsts`, where 32 MiB may be kept in memory.
class LargeWorld : public SpoolWorld {
 public:
  explicit LargeWorld(const std::vector<std::int64_t>& firsts) {
    options.memory_max_bytes = 32 * kMiB;
    std::filesystem::create_directories(directory());
    const std::string packed = GzipCompressor().Compress(std::string(20 * kMiB - 1, 'x') + "\n").value();
    for (const std::int64_t first : firsts) WriteFileBytes(directory() / FormatSpoolName({first, first, 1, 1}), packed);
  }
};

TEST_CASE("of batches with much more text than is ever sealed no more are handed out than memory may hold") {
  LargeWorld world({100, 200, 300});
  const auto spool = world.Open();
  const auto first = spool->Next();
  REQUIRE(first);
  CHECK_FALSE(spool->Next());
  CHECK(spool->stats().batches == 3);
  CHECK(spool->TakeChanges().losses.empty());
}

TEST_CASE("a large batch is handed out when the one before it is delivered") {
  LargeWorld world({100, 200, 300});
  const auto spool = world.Open();
  CHECK(Drain(*spool) == std::vector<std::int64_t>{100, 200, 300});
}

TEST_CASE("a large batch that has to wait holds up no other") {
  LargeWorld world({100, 200});
  const auto spool = world.Open();
  const auto first = spool->Next();
  spool->Add(SampleBatch(300, 3));
  const auto next = spool->Next();
  REQUIRE(next);
  CHECK(next->batch->first_wall_ns() == 300);
}

TEST_CASE("two large batches that fit are handed out together") {
  LargeWorld world({100, 200, 300});
  world.options.memory_max_bytes = 45 * kMiB;
  const auto spool = world.Open();
  CHECK(spool->Next());
  CHECK(spool->Next());
  CHECK_FALSE(spool->Next());
}

TEST_CASE("what is not large has room always") {
  LargeBatches large(0);
  large.HandedOut(1, 50 * kMiB);
  CHECK(large.room() == LargeBatches::kLargeTextBytes);
  large.HandedOut(2, LargeBatches::kLargeTextBytes);
  large.Gone(1);
  CHECK(large.room() == kMaxSpoolFileBytes);
}

}  // namespace
}  // namespace vmtelem

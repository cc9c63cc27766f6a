#include "ship/memory_spool.h"

#include <catch2/catch.hpp>

#include "spool_suite.h"

namespace vmtelem {
namespace {

TEST_CASE("the spool in memory keeps the rules of a spool") {
  RunSpoolSuite([](std::uint64_t max_bytes) { return std::make_unique<MemorySpool>(max_bytes); });
}

TEST_CASE("the spool in memory does not claim to outlive the process") {
  CHECK_FALSE(MemorySpool(kPlenty).stats().durable);
}

TEST_CASE("the bytes held stay within the bound however many batches come") {
  const std::uint64_t bound = 5 * SampleLines(0, 10).bytes.size();
  MemorySpool spool(bound);
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    spool.Add(SampleBatch(i, 10));
    most = std::max(most, spool.stats().bytes);
  }
  CHECK(most == bound);
}

}  // namespace
}  // namespace vmtelem

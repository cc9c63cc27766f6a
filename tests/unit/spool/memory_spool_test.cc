#include "spool/memory_spool.h"

#include <catch2/catch.hpp>

#include "spool_suite.h"

namespace vmtelem {
namespace {

std::uint64_t BytesOf(std::size_t lines) { return SampleLines(0, lines).bytes.size(); }

TEST_CASE("the spool in memory keeps the rules of a spool") {
  RunSpoolSuite([](SpoolRoom room) {
    return std::make_unique<MemorySpool>(room == SpoolRoom::kPlenty ? BytesOf(10'000) : BytesOf(20));
  });
}

TEST_CASE("the spool in memory does not claim to outlive the process") {
  MemorySpool spool(BytesOf(20));
  CHECK_FALSE(spool.stats().durable);
  CHECK_FALSE(spool.Add(SampleBatch(0, 10)).durable);
  CHECK_FALSE(spool.Next()->durable);
}

TEST_CASE("the bytes held stay within the bound however many batches come") {
  const std::uint64_t bound = BytesOf(50);
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

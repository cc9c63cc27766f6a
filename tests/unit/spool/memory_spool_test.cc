#include "spool/memory_spool.h"

#include <deque>

#include <catch2/catch.hpp>

#include "fakes/default_settings.h"
#include "spool_suite.h"

namespace vmtelem {
namespace {

std::uint64_t BytesOf(std::size_t lines) { return SampleLines(0, lines).bytes.size(); }

// Room for so many lines in batches.
DeliveryOptions MemoryFor(std::size_t lines) {
  DeliveryOptions options = DefaultDelivery();
  options.queue_max_bytes = 2 * BytesOf(lines);
  return options;
}

TEST_CASE("the spool in memory keeps the rules of a spool") {
  std::deque<DeliveryOptions> options;
  RunSpoolSuite([&](SpoolRoom room) {
    options.push_back(MemoryFor(room == SpoolRoom::kPlenty ? 10'000 : 20));
    return std::make_unique<MemorySpool>(options.back());
  });
}

TEST_CASE("the spool in memory does not claim to outlive the process") {
  const DeliveryOptions options = MemoryFor(20);
  MemorySpool spool(options);
  CHECK_FALSE(spool.stats().durable);
  CHECK_FALSE(spool.Add(SampleBatch(0, 10)).durable);
  CHECK_FALSE(spool.Next()->durable);
}

TEST_CASE("the bytes held stay within the bound however many batches come") {
  const DeliveryOptions options = MemoryFor(50);
  MemorySpool spool(options);
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    spool.Add(SampleBatch(i, 10));
    most = std::max(most, spool.stats().bytes);
  }
  CHECK(most == BytesOf(50));
}

}  // namespace
}  // namespace vmtelem

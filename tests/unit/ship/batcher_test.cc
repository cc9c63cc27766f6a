#include "ship/batcher.h"

#include <utility>

#include <catch2/catch.hpp>

#include "fakes/default_settings.h"
#include "fakes/sample_lines.h"

namespace vmtelem {
namespace {

using std::chrono::milliseconds;

constexpr SteadyTime kStart{std::chrono::seconds(100)};
constexpr std::size_t kMost = Batch::kMostLines;

DeliveryOptions Options(std::size_t max_lines = 10) {
  DeliveryOptions options = DefaultDelivery();
  options.batch_max_lines = max_lines;
  options.batch_max_age = milliseconds(1000);
  return options;
}

DeliveryOptions WithMaxBytes(std::size_t bytes) {
  DeliveryOptions options = Options();
  options.spool_max_bytes = 4 * bytes;
  return options;
}

const DeliveryOptions kOptions = Options();

TEST_CASE("an empty batch is never due") {
  const Batcher batcher(kOptions);
  CHECK_FALSE(batcher.Due(kStart, Pace::kPrompt));
  CHECK_FALSE(batcher.DueAt(Pace::kPrompt));
}

TEST_CASE("a batch is due with its last line and not one line before") {
  Batcher batcher(kOptions);
  batcher.Add(SampleLines(0, 9), kStart);
  CHECK_FALSE(batcher.Due(kStart, Pace::kPrompt));
  batcher.Add(SampleLines(9, 1), kStart);
  CHECK(batcher.Due(kStart, Pace::kPrompt));
}

TEST_CASE("the age of a batch counts from its first line") {
  Batcher batcher(kOptions);
  batcher.Add(SampleLines(0, 1), kStart);
  batcher.Add(SampleLines(1, 1), kStart + milliseconds(900));
  CHECK(batcher.DueAt(Pace::kPrompt) == kStart + milliseconds(1000));
  CHECK_FALSE(batcher.Due(kStart + milliseconds(999), Pace::kPrompt));
  CHECK(batcher.Due(kStart + milliseconds(1000), Pace::kPrompt));
}

Lines LinesAt(Nanoseconds wall) {
  Lines lines;
  lines.bytes = "m v=1i 1\n";
  lines.NoteLine(wall.count());
  return lines;
}

TEST_CASE("an agent sends at its own part of each batch age, by the stamps of its lines") {
  DeliveryOptions options = Options();
  options.flush_phase = 0.25;
  for (const auto& [stamp_ms, wait_ms] : {std::pair(5000, 250), std::pair(5100, 150), std::pair(5300, 950)}) {
    Batcher batcher(options);
    batcher.Add(LinesAt(milliseconds(stamp_ms)), kStart);
    CHECK(batcher.DueAt(Pace::kPrompt) == kStart + milliseconds(wait_ms));
    CHECK_FALSE(batcher.Due(kStart + milliseconds(wait_ms - 1), Pace::kPrompt));
    CHECK(batcher.Due(kStart + milliseconds(wait_ms), Pace::kPrompt));
  }
}

TEST_CASE("where ticks are many in a batch age, an agent sends once in it") {
  DeliveryOptions options = Options(1000);
  options.flush_phase = 0.42;
  Batcher batcher(options);
  int sent = 0;
  for (int ms = 0; ms < 10'000; ms += 10) {
    if (batcher.Due(kStart + milliseconds(ms), Pace::kPrompt)) {
      batcher.Take();
      ++sent;
    }
    if (ms % 100 == 0) batcher.Add(LinesAt(milliseconds(ms)), kStart + milliseconds(ms));
  }
  CHECK(sent == 10);
}

TEST_CASE("a batch that may not age is due at once, at whatever phase") {
  DeliveryOptions options = Options();
  options.batch_max_age = {};
  options.flush_phase = 0.9;
  Batcher batcher(options);
  batcher.Add(LinesAt(milliseconds(5300)), kStart);
  CHECK(batcher.Due(kStart, Pace::kPrompt));
}

TEST_CASE("the age starts anew after a batch was taken") {
  Batcher batcher(kOptions);
  batcher.Add(SampleLines(0, 1), kStart);
  batcher.Take();
  batcher.Add(SampleLines(1, 1), kStart + milliseconds(5000));
  CHECK(batcher.DueAt(Pace::kPrompt) == kStart + milliseconds(6000));
}

TEST_CASE("a batch is due when its bytes are at the limit") {
  const std::size_t bytes = SampleLines(0, 5).bytes.size();
  const DeliveryOptions options = WithMaxBytes(bytes);
  Batcher batcher(options);
  batcher.Add(SampleLines(0, 4), kStart);
  CHECK_FALSE(batcher.Due(kStart, Pace::kGrow));
  batcher.Add(SampleLines(4, 1), kStart);
  CHECK(batcher.Due(kStart, Pace::kGrow));
}

TEST_CASE("a growing batch is due neither by its age nor by the smaller number of lines") {
  Batcher batcher(kOptions);
  batcher.Add(SampleLines(0, kMost - 1), kStart);
  CHECK_FALSE(batcher.Due(kStart + std::chrono::hours(1), Pace::kGrow));
  CHECK_FALSE(batcher.DueAt(Pace::kGrow));
  batcher.Add(SampleLines(kMost - 1, 1), kStart);
  CHECK(batcher.Due(kStart, Pace::kGrow));
}

TEST_CASE("a grown batch is taken whole") {
  Batcher batcher(kOptions);
  batcher.Add(SampleLines(0, 30), kStart);
  CHECK(batcher.Take().bytes() == SampleLines(0, 30).bytes);
  CHECK(batcher.empty());
}

TEST_CASE("more lines than a batch may have are cut at the limit") {
  Batcher batcher(kOptions);
  batcher.Add(SampleLines(0, 2 * kMost + 20), kStart);
  CHECK(batcher.Take().bytes() == SampleLines(0, kMost).bytes);
  CHECK(batcher.Take().bytes() == SampleLines(kMost, kMost).bytes);
  CHECK(batcher.Take().bytes() == SampleLines(2 * kMost, 20).bytes);
  CHECK(batcher.empty());
}

TEST_CASE("more bytes than a batch may have are cut between lines") {
  const std::size_t bytes = SampleLines(0, 5).bytes.size() + 3;
  const DeliveryOptions options = WithMaxBytes(bytes);
  Batcher batcher(options);
  batcher.Add(SampleLines(0, 12), kStart);
  CHECK(batcher.Take().bytes() == SampleLines(0, 5).bytes);
  CHECK(batcher.Take().bytes() == SampleLines(5, 5).bytes);
  CHECK(batcher.Take().bytes() == SampleLines(10, 2).bytes);
}

TEST_CASE("one line above the limit of bytes is a batch of its own") {
  const DeliveryOptions options = WithMaxBytes(4);
  Batcher batcher(options);
  batcher.Add(SampleLines(0, 2), kStart);
  CHECK(batcher.Take().bytes() == SampleLines(0, 1).bytes);
  CHECK(batcher.Take().bytes() == SampleLines(1, 1).bytes);
}

TEST_CASE("a setting above the size to which batches grow raises that size") {
  const DeliveryOptions options = Options(kMost + 20);
  Batcher batcher(options);
  batcher.Add(SampleLines(0, kMost + 20), kStart);
  CHECK(batcher.Take().line_count() == kMost + 20);
}

}  // namespace
}  // namespace vmtelem

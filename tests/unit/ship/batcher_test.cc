#include "ship/batcher.h"

#include <catch2/catch.hpp>

#include "fakes/sample_lines.h"

namespace vmtelem {
namespace {

using std::chrono::milliseconds;

constexpr SteadyTime kStart{std::chrono::seconds(100)};
constexpr BatchLimits kLimits{
    .max_lines = 10, .max_age = milliseconds(1000), .grown_max_lines = 40, .max_bytes = 1 << 20};

TEST_CASE("an empty batch is never due") {
  const Batcher batcher(kLimits);
  CHECK_FALSE(batcher.Due(kStart, Pace::kPrompt));
  CHECK_FALSE(batcher.DueAt(Pace::kPrompt));
}

TEST_CASE("a batch is due with its last line and not one line before") {
  Batcher batcher(kLimits);
  batcher.Add(SampleLines(0, 9), kStart);
  CHECK_FALSE(batcher.Due(kStart, Pace::kPrompt));
  batcher.Add(SampleLines(9, 1), kStart);
  CHECK(batcher.Due(kStart, Pace::kPrompt));
}

TEST_CASE("the age of a batch counts from its first line") {
  Batcher batcher(kLimits);
  batcher.Add(SampleLines(0, 1), kStart);
  batcher.Add(SampleLines(1, 1), kStart + milliseconds(900));
  CHECK(batcher.DueAt(Pace::kPrompt) == kStart + milliseconds(1000));
  CHECK_FALSE(batcher.Due(kStart + milliseconds(999), Pace::kPrompt));
  CHECK(batcher.Due(kStart + milliseconds(1000), Pace::kPrompt));
}

TEST_CASE("the age starts anew after a batch was taken") {
  Batcher batcher(kLimits);
  batcher.Add(SampleLines(0, 1), kStart);
  batcher.Take();
  batcher.Add(SampleLines(1, 1), kStart + milliseconds(5000));
  CHECK(batcher.DueAt(Pace::kPrompt) == kStart + milliseconds(6000));
}

TEST_CASE("a batch is due when its bytes are at the limit") {
  const std::size_t bytes = SampleLines(0, 5).bytes.size();
  Batcher batcher({.max_lines = 10, .max_age = milliseconds(1000), .grown_max_lines = 40, .max_bytes = bytes});
  batcher.Add(SampleLines(0, 4), kStart);
  CHECK_FALSE(batcher.Due(kStart, Pace::kGrow));
  batcher.Add(SampleLines(4, 1), kStart);
  CHECK(batcher.Due(kStart, Pace::kGrow));
}

TEST_CASE("while it grows neither its age nor the smaller number of lines makes a batch due") {
  Batcher batcher(kLimits);
  batcher.Add(SampleLines(0, 39), kStart);
  CHECK_FALSE(batcher.Due(kStart + std::chrono::hours(1), Pace::kGrow));
  CHECK_FALSE(batcher.DueAt(Pace::kGrow));
  batcher.Add(SampleLines(39, 1), kStart);
  CHECK(batcher.Due(kStart, Pace::kGrow));
}

TEST_CASE("a grown batch is taken whole") {
  Batcher batcher(kLimits);
  batcher.Add(SampleLines(0, 30), kStart);
  CHECK(batcher.Take().bytes() == SampleLines(0, 30).bytes);
  CHECK(batcher.empty());
}

TEST_CASE("more lines than a batch may have are cut at the limit") {
  Batcher batcher(kLimits);
  batcher.Add(SampleLines(0, 100), kStart);
  CHECK(batcher.Take().bytes() == SampleLines(0, 40).bytes);
  CHECK(batcher.Take().bytes() == SampleLines(40, 40).bytes);
  CHECK(batcher.Take().bytes() == SampleLines(80, 20).bytes);
  CHECK(batcher.empty());
}

TEST_CASE("more bytes than a batch may have are cut between lines") {
  const std::size_t bytes = SampleLines(0, 5).bytes.size() + 3;
  Batcher batcher({.max_lines = 10, .max_age = milliseconds(1000), .grown_max_lines = 40, .max_bytes = bytes});
  batcher.Add(SampleLines(0, 12), kStart);
  CHECK(batcher.Take().bytes() == SampleLines(0, 5).bytes);
  CHECK(batcher.Take().bytes() == SampleLines(5, 5).bytes);
  CHECK(batcher.Take().bytes() == SampleLines(10, 2).bytes);
}

TEST_CASE("one line above the limit of bytes is a batch of its own") {
  Batcher batcher({.max_lines = 10, .max_age = milliseconds(1000), .grown_max_lines = 40, .max_bytes = 4});
  batcher.Add(SampleLines(0, 2), kStart);
  CHECK(batcher.Take().bytes() == SampleLines(0, 1).bytes);
  CHECK(batcher.Take().bytes() == SampleLines(1, 1).bytes);
}

TEST_CASE("a setting above the size to which batches grow raises that") {
  Batcher batcher({.max_lines = 60, .max_age = milliseconds(1000), .grown_max_lines = 40, .max_bytes = 1 << 20});
  batcher.Add(SampleLines(0, 60), kStart);
  CHECK(batcher.Take().line_count() == 60);
}

}  // namespace
}  // namespace vmtelem

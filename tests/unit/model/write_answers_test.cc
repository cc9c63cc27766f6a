#include "model/write_answers.h"

#include <utility>

#include <catch2/catch.hpp>

#include "fakes/allocation_counter.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

std::vector<std::pair<int, std::uint64_t>> Counts(const WriteAnswers& answers) {
  std::vector<std::pair<int, std::uint64_t>> counts;
  for (const auto& [status, count] : answers.by_status()) counts.emplace_back(status, count);
  return counts;
}

TEST_CASE("answers are counted by status, in the order of these") {
  WriteAnswers answers;
  for (const int status : {503, 204, WriteAnswers::kNone, 401, 204}) answers.Count(status, 1ms);
  CHECK(Counts(answers) == std::vector<std::pair<int, std::uint64_t>>{{0, 1}, {204, 2}, {401, 1}, {503, 1}});
}

TEST_CASE("counting and copying answers of statuses that were seen before allocates nothing") {
  WriteAnswers answers, copy;
  answers.Count(204, 1ms);
  answers.Count(503, 1ms);
  copy = answers;
  const std::size_t before = AllocationCount();
  answers.Count(204, 1ms);
  answers.Count(503, 1ms);
  copy = answers;
  CHECK(AllocationCount() == before);
  CHECK(Counts(copy) == Counts(answers));
}

}  // namespace
}  // namespace vmtelem

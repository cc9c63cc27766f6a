#include <map>

#include <catch2/catch.hpp>

#include "writer_world.h"

// How requests end, as the writer counts them.
namespace vmtelem {
namespace {

Verdict Busy() {
  Verdict verdict;
  verdict.action = Action::kRetry;
  verdict.cause = ErrorCode::kUnreachable;
  verdict.reason = "the database is busy";
  return verdict;
}

// What is delivered within a minute, of which the target fails in the first seconds.
struct AnswersWorld : WriterWorld {
  void Deliver() {
    PushAt(milliseconds(100), 10);
    PushAt(seconds(30), 10);
    StopAt(minutes(1));
    Run();
  }
  void FailAtFirst(int with_status) {
    const int good = target.status;
    target.answer = [this, with_status, good](const Batch&) {
      const bool fails = target.elapsed() < seconds(5);
      target.status = fails ? with_status : good;
      return fails ? Busy() : Verdict{};
    };
  }
  [[nodiscard]] std::map<int, std::uint64_t> by_status() const {
    std::map<int, std::uint64_t> counts;
    const WriteAnswers answers = writer->stats().answers;
    for (const auto& [status_of_these, count] : answers.by_status()) counts[status_of_these] = count;
    return counts;
  }
};

TEST_CASE_METHOD(AnswersWorld, "before the first request nothing is said of how requests end") {
  StopAt(seconds(1));
  Run();
  CHECK(by_status().empty());
  CHECK(writer->stats().answers.durations().count() == 0);
}

TEST_CASE_METHOD(AnswersWorld, "requests are counted by the status of their answers") {
  FailAtFirst(503);
  Deliver();
  const std::uint64_t all = writer->stats().writes;
  REQUIRE(all > 3);
  CHECK(by_status() == std::map<int, std::uint64_t>{{204, 2}, {503, all - 2}});
}

TEST_CASE_METHOD(AnswersWorld, "a request that ends without an answer is counted as that and has no duration") {
  FailAtFirst(0);
  Deliver();
  const std::uint64_t all = writer->stats().writes;
  REQUIRE(all > 3);
  CHECK(by_status() == std::map<int, std::uint64_t>{{WriteAnswers::kNone, all - 2}, {204, 2}});
  CHECK(writer->stats().answers.durations().count() == 2);
}

TEST_CASE_METHOD(AnswersWorld, "the duration of every request that was answered is counted") {
  target.latency = milliseconds(70);
  FailAtFirst(503);
  Deliver();
  const DurationHistogram durations = writer->stats().answers.durations();
  CHECK(durations.count() == writer->stats().writes);
  CHECK(durations.AtMost(3) == 0);
  CHECK(durations.AtMost(4) == durations.count());
  CHECK(durations.sum() == milliseconds(70) * durations.count());
}

TEST_CASE_METHOD(AnswersWorld, "a target that stores without answers has none that is counted") {
  target.status = 0;
  Deliver();
  CHECK(writer->stats().writes == 2);
  CHECK(by_status().empty());
}

TEST_CASE_METHOD(AnswersWorld, "a request that was broken off at the end has not ended in any way") {
  target.latency = minutes(5);
  Deliver();
  CHECK(target.aborted > 0);
  CHECK(by_status().empty());
}

}  // namespace
}  // namespace vmtelem

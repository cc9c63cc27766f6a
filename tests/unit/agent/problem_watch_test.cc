#include "agent/problem_watch.h"

#include <catch2/catch.hpp>

#include "fakes/fake_clock.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;
using Messages = std::vector<std::string>;

struct Watched {
  ProblemWatch::News Cycle(const Messages& missing) {
    std::vector<Error> problems;
    for (const std::string& message : missing) problems.push_back({ErrorCode::kTimeout, message, {}});
    const auto news = watch.Watch(problems, clock.SteadyNow());
    clock.Advance(interval);
    return news;
  }

  FakeClock clock;
  ProblemWatch watch;
  Nanoseconds interval = 1s;
};

TEST_CASE_METHOD(Watched, "what is missing in three cycles in a row is reported once") {
  CHECK(Cycle({"a"}).lasting.empty());
  CHECK(Cycle({"a"}).lasting.empty());
  CHECK(Cycle({"a"}).lasting == Messages{"a"});
  CHECK(Cycle({"a"}).lasting.empty());
}

TEST_CASE_METHOD(Watched, "what is missing in many short cycles is reported after two seconds") {
  interval = 200ms;
  for (int i = 0; i < 10; ++i) CHECK(Cycle({"a"}).lasting.empty());
  CHECK(Cycle({"a"}).lasting == Messages{"a"});
}

TEST_CASE_METHOD(Watched, "different VMs that lack something one after the other are no news") {
  for (int i = 0; i < 10; ++i) {
    const std::string each = std::to_string(i), next = std::to_string(i + 1);
    CHECK(Cycle({each, next}).lasting.empty());
  }
  CHECK_FALSE(Cycle({}).ended);
}

TEST_CASE_METHOD(Watched, "only what has lasted is named and counted") {
  Cycle({"a"});
  Cycle({"a"});
  CHECK(Cycle({"b", "a"}).lasting == Messages{"a"});
}

TEST_CASE_METHOD(Watched, "what begins to last later is reported too") {
  for (int i = 0; i < 3; ++i) Cycle({"a"});
  Cycle({"a", "b"});
  Cycle({"a", "b"});
  CHECK(Cycle({"a", "b"}).lasting == Messages{"b"});
}

TEST_CASE_METHOD(Watched,
                 "that what was reported is there again is reported once, whatever else is missing for a moment") {
  for (int i = 0; i < 3; ++i) Cycle({"a"});
  CHECK_FALSE(Cycle({"a", "b"}).ended);
  CHECK(Cycle({"b"}).ended);
  CHECK_FALSE(Cycle({}).ended);
}

}  // namespace
}  // namespace vmtelem

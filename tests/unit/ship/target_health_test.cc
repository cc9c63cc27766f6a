#include "ship/target_health.h"

#include <catch2/catch.hpp>

#include "fakes/fake_clock.h"
#include "fakes/sample_lines.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

struct Recorded {
  void Fail(unsigned times) {
    for (unsigned i = 0; i < times; ++i) health.Failed();
  }
  void Store() { health.Stored(*SampleBatch(7, 3), clock.SteadyNow()); }

  FakeClock clock;
  TargetHealth health;
};

TEST_CASE_METHOD(Recorded, "a target that fails now and then is well") {
  for (int i = 0; i < 20; ++i) {
    Fail(TargetHealth::kFailuresToDoubt - 1);
    Store();
    clock.Advance(1h);
    CHECK(health.well(clock.SteadyNow()));
  }
}

TEST_CASE_METHOD(Recorded, "a target that fails all requests is doubted, but not within seconds of a success") {
  Store();
  Fail(TargetHealth::kFailuresToDoubt);
  CHECK(health.well(clock.SteadyNow()));
  clock.Advance(TargetHealth::kTimeToDoubt);
  CHECK_FALSE(health.well(clock.SteadyNow()));
  Store();
  CHECK(health.well(clock.SteadyNow()));
}

TEST_CASE_METHOD(Recorded, "a target that has stored nothing yet is not held to be well") {
  CHECK_FALSE(health.well(clock.SteadyNow()));
}

TEST_CASE_METHOD(Recorded, "lines that failed before say nothing of the target") {
  Store();
  clock.Advance(1h);
  for (unsigned i = 0; i < 100; ++i) health.NotStored();
  CHECK(health.well(clock.SteadyNow()));
}

TEST_CASE_METHOD(Recorded, "a line that was stored lately is at hand until it is refused") {
  CHECK(health.stored_line() == nullptr);
  Store();
  REQUIRE(health.stored_line() != nullptr);
  CHECK(health.stored_line()->bytes() == SampleLine(7) + "\n");
  health.ForgetStoredLine();
  CHECK(health.stored_line() == nullptr);
}

TEST_CASE_METHOD(Recorded, "whether the last request was stored is known") {
  CHECK_FALSE(health.last_was_stored());
  Store();
  CHECK(health.last_was_stored());
  health.NotStored();
  CHECK_FALSE(health.last_was_stored());
}

}  // namespace
}  // namespace vmtelem

#include "ship/target_record.h"

#include <catch2/catch.hpp>

#include "fakes/fake_clock.h"
#include "fakes/sample_lines.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

struct Recorded {
  void Fail(unsigned times) {
    for (unsigned i = 0; i < times; ++i) record.Failed();
  }
  void Store() { record.Stored(*SampleBatch(7, 3), clock.SteadyNow()); }

  FakeClock clock;
  TargetRecord record;
};

TEST_CASE_METHOD(Recorded, "a target that fails now and then is well") {
  for (int i = 0; i < 20; ++i) {
    Fail(TargetRecord::kFailuresToDoubt - 1);
    Store();
    clock.Advance(1h);
    CHECK(record.well(clock.SteadyNow()));
  }
}

TEST_CASE_METHOD(Recorded, "a target that fails all requests is doubted, but not within seconds of a success") {
  Store();
  Fail(TargetRecord::kFailuresToDoubt);
  CHECK(record.well(clock.SteadyNow()));
  clock.Advance(TargetRecord::kTimeToDoubt);
  CHECK_FALSE(record.well(clock.SteadyNow()));
  Store();
  CHECK(record.well(clock.SteadyNow()));
}

TEST_CASE_METHOD(Recorded, "of a target that has stored nothing it is not known whether it is well") {
  CHECK_FALSE(record.well(clock.SteadyNow()));
}

TEST_CASE_METHOD(Recorded, "lines that failed before say nothing of the target") {
  Store();
  clock.Advance(1h);
  for (unsigned i = 0; i < 100; ++i) record.NotStored();
  CHECK(record.well(clock.SteadyNow()));
}

TEST_CASE_METHOD(Recorded, "a line that was stored lately is at hand until it is refused") {
  CHECK(record.stored_line() == nullptr);
  Store();
  REQUIRE(record.stored_line() != nullptr);
  CHECK(record.stored_line()->bytes() == SampleLine(7) + "\n");
  record.ForgetStoredLine();
  CHECK(record.stored_line() == nullptr);
}

TEST_CASE_METHOD(Recorded, "whether the last request was stored is known") {
  CHECK_FALSE(record.last_was_stored());
  Store();
  CHECK(record.last_was_stored());
  record.NotStored();
  CHECK_FALSE(record.last_was_stored());
}

}  // namespace
}  // namespace vmtelem

#include "agent/sample_cycle.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "fakes/fake_clock.h"
#include "fakes/fake_source.h"
#include "fakes/null_logger.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

// A VM that receives 1000 bytes per sample, read by calls that take so long one after the other.
struct WindowFixture {
  FakeClock clock;
  FakeSource source{clock};
  SampleCycle sample{source, clock, {}, MakeNullLogger()};

  void CallsTake(std::vector<Nanoseconds> takes) {
    source.before_collect = [this, takes = std::move(takes)] {
      const std::size_t number = source.collects;
      DomainStats domain = MakeDomain("web", 1000 * (number + 1));
      domain.call_took = takes.at(number);
      domain.call_floor = *std::min_element(takes.begin(), takes.begin() + static_cast<std::ptrdiff_t>(number) + 1);
      source.domains = {domain};
    };
  }
  Rate TakeRate(Nanoseconds window) {
    REQUIRE(sample.Take(window));
    return sample.derived().at(0).nic_total_rates[NicCounter::kRxBytes];
  }
};

TEST_CASE_METHOD(WindowFixture, "two calls that take equally long give rates however long they take") {
  const Nanoseconds takes = GENERATE(5ms, 600ms);
  CallsTake({takes, takes});
  CHECK(TakeRate(1s) == 1000.0);
  CHECK(sample.snapshot().rates_uncertain == 0);
}

TEST_CASE_METHOD(WindowFixture, "a window between calls of which one waited has no rates and says so") {
  CallsTake(GENERATE(std::vector<Nanoseconds>{5ms, 200ms}, std::vector<Nanoseconds>{200ms, 5ms}));
  CHECK(TakeRate(1s) == std::nullopt);
  CHECK(sample.snapshot().rates_uncertain == 1);
}

TEST_CASE_METHOD(WindowFixture, "a longer window has rates in spite of a call that waited") {
  CallsTake({5ms, 200ms});
  CHECK(TakeRate(5s) == 200.0);
}

TEST_CASE("one sample has no rates, a window gives them") {
  FakeClock clock;
  FakeSource source(clock);
  source.domains = {MakeDomain("web", 100)};
  SampleCycle single(source, clock, {}, MakeNullLogger());
  REQUIRE(single.Take(0s));
  CHECK_FALSE(single.derived()[0].has_features);

  source.before_collect = [&source] { source.domains = {MakeDomain("web", 100 + 500 * (source.collects - 1))}; };
  SampleCycle sample(source, clock, {}, MakeNullLogger());
  REQUIRE(sample.Take(5s));
  CHECK(sample.derived()[0].nic_rates[0][NicCounter::kRxBytes] == 100.0);
}

TEST_CASE("the VMs of a sample are ordered by name") {
  FakeClock clock;
  FakeSource source(clock);
  source.domains = {MakeDomain("web", 1), MakeDomain("db", 2), MakeDomain("mail", 3)};
  SampleCycle sample(source, clock, {}, MakeNullLogger());
  REQUIRE(sample.Take(1s));
  REQUIRE(sample.snapshot().domains.size() == 3);
  CHECK(sample.snapshot().domains[0].name == "db");
  CHECK(sample.snapshot().domains[1].name == "mail");
  CHECK(sample.derived()[2].nic_totals[NicCounter::kRxBytes] == 1U);
}

TEST_CASE("a sample of a hypervisor that does not answer is its error") {
  FakeClock clock;
  FakeSource source(clock);
  source.failure = Error{ErrorCode::kDenied, "no access", ""};
  SampleCycle sample(source, clock, {}, MakeNullLogger());
  CHECK(sample.Take(0s).error().code == ErrorCode::kDenied);
}

}  // namespace
}  // namespace vmtelem

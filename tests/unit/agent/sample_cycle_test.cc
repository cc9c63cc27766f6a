#include "agent/sample.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "fakes/fake_clock.h"
#include "fakes/fake_source.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

// A VM that receives 1000 bytes per sample, read by calls that take so long one after the other.
struct WindowFixture {
  FakeClock clock;
  FakeSource source{clock};

  void CallsTake(std::vector<Nanoseconds> takes) {
    source.before_collect = [this, takes = std::move(takes)] {
      const std::size_t number = source.collects;
      DomainStats domain = MakeDomain("web", 1000 * (number + 1));
      domain.call_took = takes.at(number);
      domain.call_floor = *std::min_element(takes.begin(), takes.begin() + static_cast<std::ptrdiff_t>(number) + 1);
      source.domains = {domain};
    };
  }
  Rate RateOf(const Sample& sample) { return sample.derived.at(0).nic_total_rates[NicCounter::kRxBytes]; }
};

TEST_CASE_METHOD(WindowFixture, "two calls that take equally long give rates however long they take") {
  const Nanoseconds takes = GENERATE(5ms, 600ms);
  CallsTake({takes, takes});
  const auto sample = TakeSample(source, clock, 1s);
  CHECK(RateOf(*sample) == 1000.0);
  CHECK(sample->snapshot.rates_uncertain == 0);
}

TEST_CASE_METHOD(WindowFixture, "a window between calls of which one waited has no rates and says so") {
  CallsTake(GENERATE(std::vector<Nanoseconds>{5ms, 200ms}, std::vector<Nanoseconds>{200ms, 5ms}));
  const auto sample = TakeSample(source, clock, 1s);
  CHECK(RateOf(*sample) == std::nullopt);
  CHECK(sample->snapshot.rates_uncertain == 1);
}

TEST_CASE_METHOD(WindowFixture, "a longer window has rates in spite of a call that waited") {
  CallsTake({5ms, 200ms});
  const auto sample = TakeSample(source, clock, 5s);
  CHECK(RateOf(*sample) == 200.0);
}

}  // namespace
}  // namespace vmtelem

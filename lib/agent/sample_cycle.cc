#include "agent/sample.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <tuple>

#include "derive/rate_tracker.h"

namespace vmtelem {
namespace {

void WaitUntil(Clock& clock, SteadyTime deadline) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  clock.WaitUntil(lock, never, deadline, [] { return false; });
}

// libvirt lists in the order of a hash; people and diff(1) want the same order every time.
void SortByName(std::vector<DomainStats>& domains) {
  std::sort(domains.begin(), domains.end(),
            [](const auto& a, const auto& b) { return std::tie(a.name, a.uuid) < std::tie(b.name, b.uuid); });
}

Result<void> CollectInto(Source& source, Clock& clock, RateTracker& tracker, Sample& sample) {
  if (auto outcome = source.Collect(sample.snapshot); !outcome) return outcome;
  SortByName(sample.snapshot.domains);
  const SteadyTime begin = clock.SteadyNow();
  tracker.Derive(sample.snapshot, sample.derived);
  sample.snapshot.rates_uncertain = tracker.rates_uncertain();
  sample.timings.derive = clock.SteadyNow() - begin;
  return {};
}

}  // namespace

Result<Sample> TakeSample(Source& source, Clock& clock, Nanoseconds window) {
  RateTracker tracker;
  Sample sample;
  auto outcome = CollectInto(source, clock, tracker, sample);
  if (outcome && window > Nanoseconds::zero()) {
    WaitUntil(clock, sample.snapshot.stamp.steady + window);
    outcome = CollectInto(source, clock, tracker, sample);
  }
  if (!outcome) return tl::make_unexpected(outcome.error());
  return sample;
}

}  // namespace vmtelem

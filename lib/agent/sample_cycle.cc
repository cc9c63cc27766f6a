#include "agent/sample_cycle.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/sleep.h"

namespace vmtelem {

SampleCycle::SampleCycle(Source& source, Clock& clock, EncodeOptions options, LoggerPtr log)
    : source_(source), clock_(clock), encoder_(options, std::move(log)) {}

void SampleCycle::SortByName() {
  std::sort(sample_->snapshot.domains.begin(), sample_->snapshot.domains.end(),
            [](const auto& a, const auto& b) { return std::tie(a.name, a.uuid) < std::tie(b.name, b.uuid); });
}

void SampleCycle::Derive() {
  const SteadyTime begin = clock_.SteadyNow();
  tracker_.Derive(sample_->snapshot, sample_->derived);
  sample_->snapshot.rates_uncertain = tracker_.rates_uncertain();
  sample_->timings.derive = clock_.SteadyNow() - begin;
}

Lines SampleCycle::Encode() {
  Lines lines;
  lines.bytes.reserve(lines_bytes_ + lines_bytes_ / 8);
  const SteadyTime begin = clock_.SteadyNow();
  encoder_.AppendDomains(sample_->snapshot, sample_->derived, lines);
  sample_->timings.encode = clock_.SteadyNow() - begin;
  encoder_.AppendHost(sample_->snapshot, sample_->timings, lines);
  encoder_.LogNameRepairs();
  lines_bytes_ = lines.bytes.size();
  return lines;
}

std::shared_ptr<const HostSample> SampleCycle::Publish() { return pool_->Share(std::exchange(sample_, pool_->Take())); }

Result<void> SampleCycle::Take(Nanoseconds window) {
  auto outcome = CollectAndDerive();
  if (!outcome || window <= Nanoseconds::zero()) return outcome;
  SleepUntil(clock_, sample_->snapshot.stamp.steady + window);
  return CollectAndDerive();
}

Result<void> SampleCycle::CollectAndDerive() {
  if (auto outcome = Collect(); !outcome) return outcome;
  SortByName();
  Derive();
  return {};
}

}  // namespace vmtelem

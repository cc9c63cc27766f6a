#include "libvirt/shards.h"

#include <algorithm>

namespace vmtelem {
namespace {

constexpr std::size_t kVmsPerLane = 5;
constexpr std::size_t kMostLanes = 4;  // together with the parked calls they stay below the daemon's 20 workers

}  // namespace

std::size_t LaneCount(const LaneDemand& demand) {
  std::size_t count = demand.configured;
  if (count == 0) {
    const std::size_t share = 2 * std::max<std::size_t>(demand.cores, 1) / std::max<std::size_t>(demand.local_hosts, 1);
    const std::size_t most = demand.remote ? 1 : std::min(kMostLanes, share);
    count = std::min(most, (demand.vms + kVmsPerLane - 1) / kVmsPerLane);
  }
  return std::max<std::size_t>(std::min(count, demand.vms), 1);
}

std::size_t SpareCount(const LaneDemand& demand) {
  const std::size_t most = demand.remote ? kSparesOfRemote : kSpares;
  if (demand.hosts <= kFewHosts) return most;
  return std::min(most, demand.hosts <= kSomeHosts ? kSparesOfSome : kSparesOfMany);
}

std::vector<DomainRefs> Split(const DomainRefs& domains, std::size_t count) {
  std::vector<DomainRefs> parts;
  count = std::min(count, domains.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = static_cast<std::ptrdiff_t>(i * domains.size() / count);
    const auto end = static_cast<std::ptrdiff_t>((i + 1) * domains.size() / count);
    parts.emplace_back(domains.begin() + begin, domains.begin() + end);
  }
  return parts;
}

void ShardPace::Note(Nanoseconds took) {
  constexpr int kWeight = 4;
  average_ = !known() ? took : average_ + (took - average_) / kWeight;
}

Nanoseconds ShardPace::Limit() const {
  const Nanoseconds limit = !known() ? kFirst : std::max(4 * average_, kShortest);
  return std::min(limit, longest_);
}

Nanoseconds ShardPace::LimitOfPart() const {
  const Nanoseconds limit = !known() ? kFirst : std::max(2 * average_, kShortestOfPart);
  return std::min(limit, longest_);
}

}  // namespace vmtelem

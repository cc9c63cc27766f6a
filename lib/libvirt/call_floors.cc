#include "libvirt/call_floors.h"

#include <algorithm>
#include <functional>

namespace vmtelem {

std::uint64_t KindOfCall(const DomainRefs& domains, Depth depth) {
  auto kind = static_cast<std::uint64_t>(depth);
  for (const auto& domain : domains) kind += std::hash<std::string>{}(domain->uuid);
  return kind;
}

void CallFloors::Assign(std::uint64_t kind, std::span<DomainStats> domains) {
  for (DomainStats& domain : domains) {
    domain.call_floor = domain.call_took;
    // An answer without statistics shows nothing about how long an answer takes.
    if (HasStatistics(domain)) domain.call_floor = by_uuid_[domain.uuid].NoteCall(kind, domain);
  }
}

void CallFloors::Calls::Note(SteadyTime began, Nanoseconds call_took) {
  if (count > 0 && began - first_together < kTogether) {
    Nanoseconds& shortest = took[(count - 1) % kRecent];
    shortest = std::min(shortest, call_took);
  } else {
    took[count++ % kRecent] = call_took;
    first_together = began;
  }
}

// Returns the floor after this call.
Nanoseconds CallFloors::Calls::NoteCall(std::uint64_t kind_of_call, const DomainStats& domain) {
  if (kind != kind_of_call) count = 0;
  kind = kind_of_call;
  Note(domain.stamp.steady, domain.call_took);
  const auto known = static_cast<std::ptrdiff_t>(std::min(count, kRecent));
  const Nanoseconds shortest = *std::min_element(took.begin(), took.begin() + known);
  floor = count == 1 ? std::min(floor, shortest) : shortest;
  return floor;
}

void CallFloors::KeepOnly(const std::vector<DomainStats>& listed) {
  ++listings_;
  for (const DomainStats& domain : listed) {
    const auto found = by_uuid_.find(domain.uuid);
    if (found != by_uuid_.end()) found->second.listed_in = listings_;
  }
  std::erase_if(by_uuid_, [this](const auto& entry) { return entry.second.listed_in != listings_; });
}

}  // namespace vmtelem

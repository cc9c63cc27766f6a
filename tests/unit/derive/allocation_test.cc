#include <catch2/catch.hpp>

#include "derive/rate_tracker.h"
#include "fakes/allocation_counter.h"
#include "samples.h"

namespace vmtelem {
namespace {

Snapshot Cycle(std::uint64_t cycle) {
  Snapshot snapshot;
  snapshot.up = true;
  snapshot.cycle = cycle;
  for (int i = 0; i < 5; ++i) {
    DomainStats domain = Running(static_cast<double>(cycle));
    domain.uuid = "a uuid that is too long for the small string " + std::to_string(i);
    domain = With(With(domain, Nic("a name that is not short at all", cycle)), Nic("vnet1", cycle));
    snapshot.domains.push_back(With(With(With(domain, Disk("vda", cycle)), Disk("vdb", cycle)), Vcpu(0, cycle)));
  }
  return snapshot;
}

TEST_CASE("deriving allocates nothing once the VMs are known") {
  RateTracker tracker;
  std::vector<DomainDerived> derived;
  tracker.Derive(Cycle(1), derived);
  const Snapshot second = Cycle(2), third = Cycle(3);
  const std::size_t before = AllocationCount();
  tracker.Derive(second, derived);
  tracker.Derive(third, derived);
  CHECK(AllocationCount() == before);
  CHECK(derived[4].nic_total_rates[NicCounter::kRxBytes] == 2.0);
}

}  // namespace
}  // namespace vmtelem

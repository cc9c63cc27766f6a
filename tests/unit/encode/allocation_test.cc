#include <catch2/catch.hpp>

#include "fakes/allocation_counter.h"
#include "samples.h"

namespace vmtelem {
namespace {

TEST_CASE("encoding allocates nothing once the VMs are known and the buffer has grown") {
  InfluxEncoder encoder({.per_vcpu = true}, MakeNullLogger());
  std::vector<DomainStats> domains(5, FullDomain());
  for (std::size_t i = 0; i < domains.size(); ++i) domains[i].uuid += std::to_string(i);
  Snapshot snapshot = SnapshotOf(domains);
  const std::vector<DomainDerived> derived(domains.size(), FullDerived());
  Lines lines;
  const auto encode = [&] {
    lines.Clear();
    encoder.AppendDomains(snapshot, derived, lines);
    encoder.AppendHost(snapshot, SampleTimings(), lines);
    encoder.AppendAgent("agent", snapshot.stamp, {}, lines);
  };
  encode();
  const std::size_t before = AllocationCount();
  for (int i = 0; i < 3; ++i) encode();
  CHECK(AllocationCount() == before);
  CHECK(lines.count == 5 * 5 + 2);
}

TEST_CASE("the counter of allocations counts") {
  const std::size_t before = AllocationCount();
  const std::string text(1000, 'x');
  CHECK(AllocationCount() > before);
}

}  // namespace
}  // namespace vmtelem

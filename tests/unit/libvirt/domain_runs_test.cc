#include "libvirt/domain_runs.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

DomainStats Vm(const std::string& uuid, std::int64_t id) {
  DomainStats stats;
  stats.uuid = uuid;
  stats.domain_id = id;
  return stats;
}

std::uint64_t Assigned(DomainRuns& runs, DomainStats vm) {
  std::vector<DomainStats> domains{std::move(vm)};
  runs.Assign(domains);
  return domains[0].incarnation;
}

TEST_CASE("a VM that goes on running keeps its incarnation") {
  DomainRuns runs;
  const auto first = Assigned(runs, Vm("a", 1));
  CHECK(Assigned(runs, Vm("a", 1)) == first);
}

TEST_CASE("another domain id is another incarnation") {
  DomainRuns runs;
  const auto first = Assigned(runs, Vm("a", 1));
  CHECK(Assigned(runs, Vm("a", 2)) != first);
}

TEST_CASE("a VM that was missing from one answer comes back as another incarnation") {
  DomainRuns runs;
  const auto first = Assigned(runs, Vm("a", 1));
  std::vector<DomainStats> none;
  runs.Assign(none);
  CHECK(Assigned(runs, Vm("a", 1)) != first);
}

TEST_CASE("after a reconnect the same id proves nothing") {
  DomainRuns runs;
  const auto first = Assigned(runs, Vm("a", 1));
  runs.NoteReconnected();
  CHECK(Assigned(runs, Vm("a", 1)) != first);
}

TEST_CASE("two VMs are told apart by UUID") {
  DomainRuns runs;
  std::vector<DomainStats> domains{Vm("a", 1), Vm("b", 1)};
  runs.Assign(domains);
  CHECK(domains[0].incarnation != domains[1].incarnation);
}

}  // namespace
}  // namespace vmtelem

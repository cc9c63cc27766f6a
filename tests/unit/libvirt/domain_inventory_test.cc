#include "libvirt/domain_inventory.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using Kind = DomainEvent::Kind;

const DomainRef kDb{"1111", "db", 1};
const DomainRef kMail{"2222", "mail", 2};
const DomainRef kWeb{"3333", "web", 3};

DomainEvent Event(Kind kind, const DomainRef& domain) { return {kind, domain.uuid, domain.name, domain.id}; }

std::vector<DomainRef> Values(const DomainInventory& inventory) {
  std::vector<DomainRef> values;
  for (const auto& domain : inventory.domains()) values.push_back(*domain);
  return values;
}

DomainInventory Listed(const std::vector<DomainRef>& domains, DomainFilter filter = {}) {
  DomainInventory inventory(std::move(filter));
  inventory.Replace(domains);
  return inventory;
}

TEST_CASE("a listing gives the VMs in the order of their UUIDs") {
  CHECK(Values(Listed({kWeb, kDb, kMail})) == std::vector{kDb, kMail, kWeb});
}

TEST_CASE("a VM that is listed twice is there once") { CHECK(Values(Listed({kDb, kWeb, kDb})).size() == 2); }

TEST_CASE("a VM that is not listed any more is gone") {
  DomainInventory inventory = Listed({kDb, kWeb});
  inventory.Replace({kWeb});
  CHECK(Values(inventory) == std::vector{kWeb});
}

TEST_CASE("a listing keeps the object of a VM that is as it was, and only that") {
  DomainInventory inventory = Listed({kDb, kWeb});
  const DomainRefs before = inventory.domains();
  const DomainRef restarted{kWeb.uuid, kWeb.name, 7};
  inventory.Replace({kDb, restarted});
  CHECK(inventory.domains()[0] == before[0]);
  CHECK(inventory.domains()[1] != before[1]);
  CHECK(*inventory.domains()[1] == restarted);
}

TEST_CASE("a VM that starts takes its place in the order") {
  DomainInventory inventory = Listed({kDb, kWeb});
  inventory.Apply(Event(Kind::kActive, kMail));
  CHECK(Values(inventory) == std::vector{kDb, kMail, kWeb});
}

TEST_CASE("a VM that starts anew has its new id") {
  DomainInventory inventory = Listed({kDb, kWeb});
  inventory.Apply(Event(Kind::kActive, {kDb.uuid, kDb.name, 9}));
  CHECK(Values(inventory) == std::vector{{kDb.uuid, kDb.name, 9}, kWeb});
}

TEST_CASE("a VM that is reported again unchanged keeps its object") {
  DomainInventory inventory = Listed({kDb});
  const auto before = inventory.domains()[0];
  inventory.Apply(Event(Kind::kActive, kDb));
  CHECK(inventory.domains()[0] == before);
}

TEST_CASE("a VM that stops is gone") {
  DomainInventory inventory = Listed({kDb, kWeb});
  inventory.Apply(Event(Kind::kInactive, {kDb.uuid, kDb.name, std::nullopt}));
  CHECK(Values(inventory) == std::vector{kWeb});
}

TEST_CASE("the stop of a VM that is not there changes nothing") {
  DomainInventory inventory = Listed({kDb, kWeb});
  inventory.Apply(Event(Kind::kInactive, kMail));
  CHECK(Values(inventory) == std::vector{kDb, kWeb});
}

TEST_CASE("a change of its devices neither adds a VM nor replaces it") {
  DomainInventory inventory = Listed({kDb});
  const auto before = inventory.domains()[0];
  inventory.Apply(Event(Kind::kDevicesChanged, {kDb.uuid, kDb.name, 9}));
  inventory.Apply(Event(Kind::kDevicesChanged, kWeb));
  CHECK(inventory.domains() == DomainRefs{before});
}

TEST_CASE("neither a listing nor an event brings in VMs that the filter leaves out") {
  DomainInventory inventory = Listed({kDb, kWeb}, {{}, {"web", "mail"}});
  inventory.Apply(Event(Kind::kActive, kMail));
  CHECK(Values(inventory) == std::vector{kDb});
}

TEST_CASE("a VM that comes back under a name that the filter leaves out is gone") {
  DomainInventory inventory = Listed({kDb}, {{"db"}, {}});
  inventory.Apply(Event(Kind::kActive, {kDb.uuid, "old-db", 4}));
  CHECK(Values(inventory).empty());
}

// A listing sees the host at one moment, and which of the events that are applied after it happened before that moment
// cannot be told.
TEST_CASE("events that were queued around a listing lead to the present, whatever the listing saw of them") {
  const std::vector<DomainEvent> events{
      Event(Kind::kInactive, kDb),  Event(Kind::kActive, {kDb.uuid, kDb.name, 4}),
      Event(Kind::kActive, kMail),  Event(Kind::kInactive, {kDb.uuid, kDb.name, 4}),
      Event(Kind::kInactive, kWeb), Event(Kind::kActive, {kWeb.uuid, kWeb.name, 5}),
      Event(Kind::kActive, kWeb),   Event(Kind::kActive, {kWeb.uuid, kWeb.name, 6}),
  };
  const std::vector<DomainRef> present{kMail, {kWeb.uuid, kWeb.name, 6}};
  for (std::size_t seen = 0; seen <= events.size(); ++seen) {
    CAPTURE(seen);
    DomainInventory host = Listed({kDb, kWeb});
    for (std::size_t i = 0; i < seen; ++i) host.Apply(events[i]);

    DomainInventory inventory = Listed(Values(host));
    for (const DomainEvent& event : events) inventory.Apply(event);
    CHECK(Values(inventory) == present);
  }
}

}  // namespace
}  // namespace vmtelem

#include "libvirt/domain_inventory.h"

#include <algorithm>
#include <utility>

#include "libvirt/domain_filter.h"

namespace vmtelem {
namespace {

using Entry = std::shared_ptr<const DomainRef>;

bool Before(const Entry& one, const Entry& other) { return one->uuid < other->uuid; }
bool SameVm(const Entry& one, const Entry& other) { return one->uuid == other->uuid; }

}  // namespace

DomainInventory::DomainInventory(DomainFilter filter) : filter_(std::move(filter)) {}

void DomainInventory::Replace(const std::vector<DomainRef>& listed) {
  DomainRefs now;
  for (const DomainRef& domain : listed) {
    if (Matches(filter_, domain.name, domain.uuid)) now.push_back(Shared(domain));
  }
  std::sort(now.begin(), now.end(), Before);
  now.erase(std::unique(now.begin(), now.end(), SameVm), now.end());
  domains_ = std::move(now);
}

void DomainInventory::Apply(const DomainEvent& event) {
  if (event.kind == DomainEvent::Kind::kDevicesChanged) return;
  const bool collected = event.kind == DomainEvent::Kind::kActive && Matches(filter_, event.name, event.uuid);
  const auto place = Place(event.uuid);
  const bool known = place != domains_.end() && (*place)->uuid == event.uuid;
  if (collected && known) {
    *place = Shared({event.uuid, event.name, event.id});
  } else if (collected) {
    domains_.insert(place, Shared({event.uuid, event.name, event.id}));
  } else if (known) {
    domains_.erase(place);
  }
}

DomainRefs::iterator DomainInventory::Place(const std::string& uuid) {
  return std::lower_bound(domains_.begin(), domains_.end(), uuid,
                          [](const Entry& domain, const std::string& wanted) { return domain->uuid < wanted; });
}

std::shared_ptr<const DomainRef> DomainInventory::Shared(const DomainRef& domain) {
  const auto place = Place(domain.uuid);
  if (place != domains_.end() && **place == domain) return *place;
  return std::make_shared<const DomainRef>(domain);
}

}  // namespace vmtelem

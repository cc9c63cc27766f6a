#include "libvirt/api/domain_pointers.h"

#include <utility>

#include "libvirt/api/domain_identity.h"

namespace vmtelem {

// Two connections to the test driver may read the same file and give a VM without a UUID in it two UUIDs.
DomainPointers::DomainPointers(const Connection& connection)
    : connection_(connection), by_name_(connection.type() == "TEST"), feed_(connection.get()) {}

// Events that come while the VMs are listed are taken afterwards: the last event of a VM is its latest state, and a VM
// without an event is as listed.
Result<void> DomainPointers::List() {
  TakeEvents();
  auto listed = connection_.ListDomains(VIR_CONNECT_LIST_DOMAINS_ACTIVE);
  if (!listed) return tl::make_unexpected(listed.error());
  known_.clear();
  forgot_some_ = false;
  for (DomainHandle& domain : *listed) Put(std::move(domain));
  return {};
}

Result<DomainPointers::Found> DomainPointers::Find(const DomainRefs& domains) {
  TakeEvents();
  Found found = FindKnown(domains);
  found.some_unknown = found.some_unknown || forgot_some_;
  if (!found.some_unknown || feed_.works()) return found;
  return List().map([&] { return FindKnown(domains); });
}

DomainPointers::Found DomainPointers::FindKnown(const DomainRefs& domains) const {
  Found found;
  found.pointers.reserve(domains.size());
  for (const auto& domain : domains) {
    if (auto* pointer = FindOne(*domain)) {
      found.pointers.push_back(pointer);
    } else {
      found.some_unknown = true;
    }
  }
  return found;
}

virDomainPtr DomainPointers::FindOne(const DomainRef& domain) const {
  const auto entry = known_.find(KeyOf(domain));
  if (entry == known_.end()) return nullptr;
  // QEMU's driver goes by the UUID and answers with the current id; others may know the run by the pointer alone.
  const bool is_of_this_run = !domain.id || entry->second.domain_id == domain.id || connection_.type() == "QEMU";
  return is_of_this_run ? entry->second.pointer.get() : nullptr;
}

void DomainPointers::TakeEvents() {
  auto taken = feed_.Take();
  forgot_some_ = forgot_some_ || taken.forgot_some;
  for (auto& event : taken.events) {
    if (event.pointer != nullptr) {
      Put(std::move(event.pointer));
    } else {
      known_.erase(by_name_ ? event.name : event.uuid);
    }
  }
}

void DomainPointers::Put(DomainHandle pointer) {
  std::string key = by_name_ ? std::string(NameOf(pointer.get())) : UuidOf(pointer.get());
  const auto id = IdOf(pointer.get());
  known_.insert_or_assign(std::move(key), Entry{id, std::move(pointer)});
}

std::string DomainPointers::KeyOf(const DomainRef& domain) const { return by_name_ ? domain.name : domain.uuid; }

}  // namespace vmtelem

#include "libvirt/domain_pointers.h"

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <utility>

#include "libvirt/domain_identity.h"

namespace vmtelem {
namespace {

constexpr std::ptrdiff_t kWorthListing = 8;
constexpr std::size_t kSlack = 64;  // pointers of VMs that are gone, kept until it is worth looking for them

}  // namespace

Result<virDomainPtr> DomainPointers::Find(const DomainRef& domain) {
  const auto found = by_uuid_.find(domain.uuid);
  if (found != by_uuid_.end() && found->second.domain_id == domain.id) return found->second.pointer.get();
  // Two connections to the test driver may read the same file and give a VM without a UUID in it two UUIDs.
  DomainHandle looked_up(connection_.type() == "TEST"
                             ? virDomainLookupByName(connection_.get(), domain.name.c_str())
                             : virDomainLookupByUUIDString(connection_.get(), domain.uuid.c_str()));
  if (looked_up == nullptr) {
    const VirtError error = LastVirtError();
    if (connection_.LostAfter(error)) return tl::make_unexpected(connection_.Failure("look up a VM", error));
    return nullptr;
  }
  return by_uuid_.insert_or_assign(domain.uuid, Entry{domain.id, std::move(looked_up)}).first->second.pointer.get();
}

Result<void> DomainPointers::List() {
  auto listed = connection_.ListDomains(VIR_CONNECT_LIST_DOMAINS_ACTIVE);
  if (!listed) return tl::make_unexpected(listed.error());
  for (DomainHandle& domain : *listed) {
    std::string uuid = UuidOf(domain.get());
    const auto id = IdOf(domain.get());
    by_uuid_.insert_or_assign(std::move(uuid), Entry{id, std::move(domain)});
  }
  return {};
}

Result<std::vector<virDomainPtr>> DomainPointers::Find(const DomainRefs& domains, Lookup lookup) {
  if (lookup == Lookup::kByListing) {
    const auto missing = std::count_if(domains.begin(), domains.end(),
                                       [this](const auto& domain) { return !by_uuid_.contains(domain->uuid); });
    if (missing >= kWorthListing) {
      if (auto listed = List(); !listed) return tl::make_unexpected(listed.error());
    }
  }
  std::vector<virDomainPtr> pointers;
  pointers.reserve(domains.size());
  for (const auto& domain : domains) {
    const auto pointer = Find(*domain);
    if (!pointer) return tl::make_unexpected(pointer.error());
    if (*pointer != nullptr) pointers.push_back(*pointer);
  }
  return pointers;
}

void DomainPointers::Prune(const DomainRefs& domains, std::size_t known) {
  if (by_uuid_.size() <= 2 * known + kSlack) return;
  std::unordered_set<std::string> kept;
  for (const auto& domain : domains) kept.insert(domain->uuid);
  std::erase_if(by_uuid_, [&](const auto& item) { return !kept.contains(item.first); });
}

}  // namespace vmtelem

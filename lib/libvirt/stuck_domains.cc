#include "libvirt/stuck_domains.h"

#include <algorithm>

namespace vmtelem {

void StuckDomains::NoteHung(const DomainRef& domain, const ParkedCall& call, SteadyTime since) {
  Note(Kind::kHung, domain, call, since);
}

void StuckDomains::NoteLocked(const DomainRef& domain, const ParkedCall& call, SteadyTime since) {
  Note(Kind::kLocked, domain, call, since);
}

// A VM that hung before its lock was taken (`virsh destroy` of a stopped QEMU) is blocked since it hung.
void StuckDomains::Note(Kind kind, const DomainRef& domain, const ParkedCall& call, SteadyTime since) {
  Entry& entry = by_uuid_.try_emplace(domain.uuid, Entry{kind, domain.id, since, {}}).first->second;
  if (entry.kind != kind) entry.calls.clear();
  entry.kind = kind;
  entry.calls.push_back(call);
}

void StuckDomains::ForgetEarlierRuns(const DomainRefs& running) {
  if (by_uuid_.empty()) return;
  for (const auto& domain : running) {
    const auto found = by_uuid_.find(domain->uuid);
    if (found != by_uuid_.end() && found->second.domain_id != domain->id) by_uuid_.erase(found);
  }
}

void StuckDomains::Refresh() {
  std::erase_if(by_uuid_, [](const auto& item) {
    const auto& calls = item.second.calls;
    return std::any_of(calls.begin(), calls.end(), [](const ParkedCall& call) { return call.returned(); });
  });
}

bool StuckDomains::Is(Kind kind, const std::string& uuid) const {
  const auto found = by_uuid_.find(uuid);
  return found != by_uuid_.end() && found->second.kind == kind;
}

bool StuckDomains::hung(const std::string& uuid) const { return Is(Kind::kHung, uuid); }

bool StuckDomains::set_aside(const std::string& uuid) const { return Is(Kind::kLocked, uuid); }

bool StuckDomains::any_set_aside() const {
  return std::any_of(by_uuid_.begin(), by_uuid_.end(),
                     [](const auto& item) { return item.second.kind == Kind::kLocked; });
}

std::vector<std::string> StuckDomains::all_hung() const {
  std::vector<std::string> uuids;
  for (const auto& [uuid, entry] : by_uuid_) {
    if (entry.kind == Kind::kHung) uuids.push_back(uuid);
  }
  return uuids;
}

std::optional<SteadyTime> StuckDomains::since(const std::string& uuid) const {
  const auto found = by_uuid_.find(uuid);
  if (found == by_uuid_.end()) return std::nullopt;
  return found->second.since;
}

}  // namespace vmtelem

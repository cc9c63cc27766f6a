#include "libvirt/session.h"

#include <utility>

#include "libvirt/domain_filter.h"
#include "libvirt/domain_identity.h"
#include "libvirt/virt_error.h"

namespace vmtelem {
namespace {

DomainInfo Describe(virDomainPtr domain, const virDomainInfo& info) {
  ValueReader values;
  DomainInfo described;
  described.name = NameOf(domain);
  described.uuid = UuidOf(domain);
  described.id = IdOf(domain);
  described.state = info.state;
  described.vcpus = info.nrVirtCpu;
  described.memory_max_bytes = values.BytesOfKib(info.maxMem);
  if (described.id) {
    described.memory_bytes = values.BytesOfKib(info.memory);
    described.cpu_time_ns = values.InRange(info.cpuTime);
  }
  return described;
}

DomainInfo DescribeUnread(virDomainPtr domain) {
  DomainInfo described;
  described.name = NameOf(domain);
  described.uuid = UuidOf(domain);
  described.id = IdOf(domain);
  described.state = -1;
  return described;
}

}  // namespace

Result<std::optional<std::string>> Session::Connect(const std::string& uri) {
  reader_.reset();
  connection_.reset();
  auto opened = Connection::Open(uri);
  if (!opened) return tl::make_unexpected(opened.error());
  connection_.emplace(std::move(*opened));
  reader_.emplace(*connection_, device_cache_ttl_);
  return connection_->HostName();
}

Result<Answer> Session::Collect(StatsGroups groups, const DomainFilter& filter, Answer answer, LaneClock& clock) {
  const auto domains = Matching(VIR_CONNECT_LIST_DOMAINS_ACTIVE, filter);
  if (!domains) return tl::make_unexpected(domains.error());
  auto read = reader_->Read(*domains, groups, answer, clock);
  if (!read) return tl::make_unexpected(read.error());
  return answer;
}

Result<std::vector<DomainInfo>> Session::List(ListScope scope, const DomainFilter& filter, LaneClock& clock) {
  const auto domains = Matching(scope == ListScope::kActive ? unsigned{VIR_CONNECT_LIST_DOMAINS_ACTIVE} : 0U, filter);
  if (!domains) return tl::make_unexpected(domains.error());
  std::vector<DomainInfo> list;
  for (const auto& domain : *domains) {
    if (!clock.Now()) return Fail(ErrorCode::kTimeout, "the call was given up");
    virDomainInfo info{};
    if (virDomainGetInfo(domain.get(), &info) == 0) {
      list.push_back(Describe(domain.get(), info));
      continue;
    }
    const VirtError error = LastVirtError();
    if (connection_->LostAfter(error)) return tl::make_unexpected(connection_->Failure("list the VMs", error));
    if (error.code != VIR_ERR_NO_DOMAIN) list.push_back(DescribeUnread(domain.get()));
  }
  return list;
}

Result<std::vector<DomainHandle>> Session::Matching(unsigned list_flags, const DomainFilter& filter) const {
  auto domains = connection_->ListDomains(list_flags);
  if (!domains || (filter.include.empty() && filter.exclude.empty())) return domains;
  std::erase_if(*domains, [&](const auto& domain) {
    return !Matches(filter, std::string(NameOf(domain.get())), UuidOf(domain.get()));
  });
  return domains;
}

}  // namespace vmtelem

#include "libvirt/control_session.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "libvirt/api/domain_identity.h"
#include "libvirt/api/virt_error.h"
#include "libvirt/domain_filter.h"
#include "libvirt/read/look_up.h"
#include "libvirt/read/values.h"

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

Result<ControlSession::Greeting> ControlSession::Connect(const std::string& uri,
                                                         const std::shared_ptr<EventInbox>& inbox) {
  auto loop = EventLoop::Share();
  if (!loop) return tl::make_unexpected(loop.error());
  loop_ = std::move(*loop);
  auto opened = Connection::Open(uri, means_);
  if (!opened) return tl::make_unexpected(opened.error());
  connection_ = std::make_unique<Connection>(std::move(*opened));
  subscription_ = std::make_unique<Subscription>(connection_->get(), inbox);
  return Greeting{connection_->HostName(), connection_->type() == "QEMU", subscription_->has_lifecycle()};
}

Result<std::vector<DomainRef>> ControlSession::ListRunning() {
  auto domains = connection_->ListDomains(VIR_CONNECT_LIST_DOMAINS_ACTIVE);
  if (!domains) return tl::make_unexpected(domains.error());
  listed_ = std::move(*domains);
  std::vector<DomainRef> running;
  running.reserve(listed_.size());
  for (const auto& domain : listed_) {
    running.push_back({UuidOf(domain.get()), std::string(NameOf(domain.get())), IdOf(domain.get())});
  }
  return running;
}

Result<std::vector<DomainInfo>> ControlSession::List(ListScope scope, const DomainFilter& filter, LaneClock& clock) {
  const unsigned flags = scope == ListScope::kActive ? unsigned{VIR_CONNECT_LIST_DOMAINS_ACTIVE} : 0U;
  const auto domains = connection_->ListDomains(flags);
  if (!domains) return tl::make_unexpected(domains.error());
  std::vector<DomainInfo> list;
  for (const auto& domain : *domains) {
    if (!Matches(filter, std::string(NameOf(domain.get())), UuidOf(domain.get()))) continue;
    if (!clock.Now()) return Abandoned();
    virDomainInfo info{};
    const bool may = connection_->type() != "QEMU" || MayLookUp(domain.get(), clock);
    if (may && virDomainGetInfo(domain.get(), &info) == 0) {
      list.push_back(Describe(domain.get(), info));
      continue;
    }
    const VirtError error = LastVirtError();
    if (connection_->LostAfter(error)) return tl::make_unexpected(connection_->Failure("list the VMs", error));
    if (error.code != VIR_ERR_NO_DOMAIN) list.push_back(DescribeUnread(domain.get()));
  }
  return list;
}

virDomainPtr ControlSession::FindListed(const DomainRef& domain) const {
  const auto found = std::find_if(listed_.begin(), listed_.end(), [&](const auto& listed) {
    return IdOf(listed.get()) == domain.id && UuidOf(listed.get()) == domain.uuid;
  });
  return found == listed_.end() ? nullptr : found->get();
}

Result<ControlSession::Devices> ControlSession::ReadDevices(const DomainRefs& domains, LaneClock& clock) {
  const bool all_listed =
      std::all_of(domains.begin(), domains.end(), [&](const auto& domain) { return FindListed(*domain) != nullptr; });
  if (!all_listed) {
    if (auto listed = ListRunning(); !listed) return tl::make_unexpected(listed.error());
  }
  Devices devices;
  for (const auto& domain : domains) {
    if (!clock.Now()) return Abandoned();
    auto* const pointer = FindListed(*domain);
    if (pointer == nullptr) continue;
    if (auto read = ReadDevice(*domain, pointer, devices); !read) return tl::make_unexpected(read.error());
  }
  return devices;
}

Result<void> ControlSession::ReadDevice(const DomainRef& domain, virDomainPtr pointer, Devices& devices) const {
  const std::unique_ptr<char, decltype(&std::free)> xml(virDomainGetXMLDesc(pointer, 0), &std::free);
  if (xml != nullptr) {
    devices.table[domain.uuid] = {ParseDevices(xml.get()), domain.id};
    return {};
  }
  const VirtError error = LastVirtError();
  const std::string what = fmt::format("read the XML of VM '{}'", domain.name);
  if (connection_->LostAfter(error)) return tl::make_unexpected(connection_->Failure(what, error));
  if (error.code != VIR_ERR_NO_DOMAIN) devices.problems.push_back(CallError(what, error));
  return {};
}

}  // namespace vmtelem

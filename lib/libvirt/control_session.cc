#include "libvirt/control_session.h"

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "libvirt/domain_filter.h"
#include "libvirt/domain_identity.h"
#include "libvirt/values.h"
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

tl::unexpected<Error> Abandoned() { return Fail(ErrorCode::kTimeout, "the call was given up"); }

}  // namespace

void SweepProgress::Begin(std::size_t index) {
  const std::lock_guard guard(mutex_);
  at_ = index;
}

void SweepProgress::NoteBlocked(Blocked blocked) {
  const std::lock_guard guard(mutex_);
  blocked_.push_back(std::move(blocked));
}

std::size_t SweepProgress::at() const {
  const std::lock_guard guard(mutex_);
  return at_;
}

std::vector<SweepProgress::Blocked> SweepProgress::blocked() const {
  const std::lock_guard guard(mutex_);
  return blocked_;
}

Result<ControlSession::Greeting> ControlSession::Connect(const std::string& uri,
                                                         const std::shared_ptr<EventInbox>& inbox) {
  auto loop = EventLoop::Share();
  if (!loop) return tl::make_unexpected(loop.error());
  loop_ = std::move(*loop);
  auto opened = Connection::Open(uri);
  if (!opened) return tl::make_unexpected(opened.error());
  connection_ = std::make_unique<Connection>(std::move(*opened));
  pointers_ = std::make_unique<DomainPointers>(*connection_);
  subscription_ = std::make_unique<Subscription>(connection_->get(), inbox);
  return Greeting{connection_->HostName(), connection_->type() == "QEMU", subscription_->has_lifecycle()};
}

Result<std::vector<DomainRef>> ControlSession::ListRunning() {
  const auto domains = connection_->ListDomains(VIR_CONNECT_LIST_DOMAINS_ACTIVE);
  if (!domains) return tl::make_unexpected(domains.error());
  std::vector<DomainRef> running;
  running.reserve(domains->size());
  for (const auto& domain : *domains) {
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

Result<ControlSession::Devices> ControlSession::ReadDevices(const DomainRefs& domains, LaneClock& clock) {
  Devices devices;
  for (const auto& domain : domains) {
    if (!clock.Now()) return Abandoned();
    const auto pointer = pointers_->Find(*domain);
    if (!pointer) return tl::make_unexpected(pointer.error());
    if (*pointer == nullptr) continue;
    const std::unique_ptr<char, decltype(&std::free)> xml(virDomainGetXMLDesc(*pointer, 0), &std::free);
    if (xml != nullptr) {
      devices.table[domain->uuid] = {ParseDevices(xml.get()), domain->id};
      continue;
    }
    const VirtError error = LastVirtError();
    const std::string what = fmt::format("read the XML of VM '{}'", domain->name);
    if (connection_->LostAfter(error)) return tl::make_unexpected(connection_->Failure(what, error));
    if (error.code != VIR_ERR_NO_DOMAIN) devices.problems.push_back(CallError(what, error));
  }
  return devices;
}

Result<void> ControlSession::Sweep(const DomainRefs& domains, SweepProgress& progress, LaneClock& clock) {
  for (std::size_t i = 0; i < domains.size(); ++i) {
    if (!clock.Now()) return Abandoned();
    progress.Begin(i);
    const auto pointer = pointers_->Find(*domains[i]);
    if (!pointer) return tl::make_unexpected(pointer.error());
    virDomainControlInfo info{};
    if (*pointer == nullptr) continue;
    if (virDomainGetControlInfo(*pointer, &info, 0) != 0) {
      const VirtError error = LastVirtError();
      if (connection_->LostAfter(error))
        return tl::make_unexpected(connection_->Failure("read the control state", error));
      if (MeansNoSuchCall(error)) return {};
    } else if (info.state == VIR_DOMAIN_CONTROL_OCCUPIED) {
      progress.NoteBlocked({domains[i]->uuid, std::chrono::milliseconds(info.stateTime)});
    }
  }
  return {};
}

}  // namespace vmtelem

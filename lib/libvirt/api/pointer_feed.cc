#include "libvirt/api/pointer_feed.h"

#include <utility>

#include "libvirt/api/domain_identity.h"
#include "libvirt/api/event_loop.h"

namespace vmtelem {
namespace {

using Inbox = std::shared_ptr<PointerInbox>;

void FreeInbox(void* opaque) { delete static_cast<Inbox*>(opaque); }

int OnLifecycle(virConnectPtr, virDomainPtr domain, int event, int, void* opaque) {
  const bool is_run = event == VIR_DOMAIN_EVENT_STARTED || event == VIR_DOMAIN_EVENT_RESUMED;
  if (is_run || event == VIR_DOMAIN_EVENT_STOPPED) {
    (*static_cast<Inbox*>(opaque))->Push(domain, event == VIR_DOMAIN_EVENT_STOPPED);
  }
  return 0;
}

}  // namespace

void PointerInbox::Push(virDomainPtr domain, bool is_over) {
  const std::lock_guard guard(mutex_);
  if (closed_ || taken_.forgot_some) return;
  if (taken_.events.size() == kCapacity) {
    taken_.forgot_some = true;
    return;
  }
  if (!is_over) virDomainRef(domain);
  taken_.events.push_back({UuidOf(domain), std::string(NameOf(domain)), DomainHandle(is_over ? nullptr : domain)});
}

PointerInbox::Taken PointerInbox::Take() {
  const std::lock_guard guard(mutex_);
  return std::exchange(taken_, {});
}

void PointerInbox::Close() {
  Taken ended;
  const std::lock_guard guard(mutex_);
  closed_ = true;
  std::swap(ended, taken_);
}

PointerFeed::PointerFeed(virConnectPtr connect) : connect_(connect) {
  auto held = std::make_unique<Inbox>(inbox_);
  callback_id_ = virConnectDomainEventRegisterAny(connect, nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                  VIR_DOMAIN_EVENT_CALLBACK(OnLifecycle), held.get(), FreeInbox);
  if (works()) static_cast<void>(held.release());  // freed by libvirt
}

PointerFeed::~PointerFeed() {
  if (works()) {
    virConnectDomainEventDeregisterAny(connect_, callback_id_);
    EventLoop::AwaitTurn();
  }
  inbox_->Close();
}

}  // namespace vmtelem

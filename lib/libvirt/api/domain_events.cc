#include "libvirt/api/domain_events.h"

#include <utility>

#include "libvirt/api/domain_identity.h"
#include "libvirt/api/event_loop.h"
#include "libvirt/api/virt_error.h"

namespace vmtelem {
namespace {

using Inbox = std::shared_ptr<EventInbox>;

// The part of a registration that libvirt holds.
EventInbox& InboxOf(void* opaque) { return **static_cast<Inbox*>(opaque); }
void FreeInbox(void* opaque) { delete static_cast<Inbox*>(opaque); }

void Push(void* opaque, DomainEvent::Kind kind, virDomainPtr domain) {
  InboxOf(opaque).Push({kind, UuidOf(domain), std::string(NameOf(domain)), IdOf(domain)});
}

// Returns nothing for an event that does not show whether the VM runs. At SHUTDOWN the guest has ended but its QEMU has
// not; DEFINED and UNDEFINED are about its configuration.
std::optional<DomainEvent::Kind> KindOf(int lifecycle_event) {
  switch (lifecycle_event) {
    case VIR_DOMAIN_EVENT_STARTED:
    case VIR_DOMAIN_EVENT_SUSPENDED:
    case VIR_DOMAIN_EVENT_RESUMED:
    case VIR_DOMAIN_EVENT_PMSUSPENDED:
    case VIR_DOMAIN_EVENT_CRASHED:
      return DomainEvent::Kind::kActive;
    case VIR_DOMAIN_EVENT_STOPPED:
      return DomainEvent::Kind::kInactive;
    default:
      return std::nullopt;
  }
}

int OnLifecycle(virConnectPtr, virDomainPtr domain, int event, int, void* opaque) {
  if (const auto kind = KindOf(event)) Push(opaque, *kind, domain);
  if (event == VIR_DOMAIN_EVENT_STARTED) Push(opaque, DomainEvent::Kind::kDevicesChanged, domain);
  return 0;
}

void OnDevice(virConnectPtr, virDomainPtr domain, const char*, void* opaque) {
  Push(opaque, DomainEvent::Kind::kDevicesChanged, domain);
}

// NOLINTNEXTLINE(readability-function-size): libvirt's parameters
void OnDiskChange(virConnectPtr, virDomainPtr domain, const char*, const char*, const char*, int, void* opaque) {
  Push(opaque, DomainEvent::Kind::kDevicesChanged, domain);
}

void OnTrayChange(virConnectPtr, virDomainPtr domain, const char*, int, void* opaque) {
  Push(opaque, DomainEvent::Kind::kDevicesChanged, domain);
}

// Called with a lock of the connection held: no call from here, not even to deregister.
void OnClose(virConnectPtr, int, void* opaque) { InboxOf(opaque).NoteClosed(); }

// Without keepalive a host that vanished shows only when TCP gives up, after a quarter of an hour. The peer is given up
// after 5 s x (3 + 1).
//
// On this connection alone: a PING that is sent while a call is in flight takes the path of CVE-2024-4418 in libvirt
// 9.0's client. The calls here are short; those of the other connections are not, and deadlines guard them.
//
// Returns false for a driver within this process, which has no peer that could go away.
bool WatchPeer(virConnectPtr connect) {
  constexpr int kIntervalS = 5;
  constexpr unsigned kCount = 3;
  return virConnectSetKeepAlive(connect, kIntervalS, kCount) >= 0 || !MeansNoSuchCall(LastVirtError());
}

}  // namespace

void EventInbox::Push(DomainEvent event) {
  const std::lock_guard guard(mutex_);
  if (overflowed_) return;
  overflowed_ = events_.size() == kCapacity;
  if (overflowed_) {
    events_ = {};
  } else {
    events_.push_back(std::move(event));
  }
}

void EventInbox::NoteClosed() {
  const std::lock_guard guard(mutex_);
  closed_ = true;
}

std::optional<std::vector<DomainEvent>> EventInbox::Take() {
  const std::lock_guard guard(mutex_);
  if (std::exchange(overflowed_, false)) return std::nullopt;
  return std::exchange(events_, {});
}

bool EventInbox::closed() const {
  const std::lock_guard guard(mutex_);
  return closed_;
}

Subscription::Subscription(virConnectPtr connect, const std::shared_ptr<EventInbox>& inbox) : connect_(connect) {
  const auto add = [&](int event_id, auto* callback) {
    return Register(event_id, VIR_DOMAIN_EVENT_CALLBACK(callback), inbox);
  };
  // First, since it reports the end of the connection from then on.
  if (WatchPeer(connect)) RegisterClose(inbox);
  has_lifecycle_ = add(VIR_DOMAIN_EVENT_ID_LIFECYCLE, OnLifecycle);
  add(VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, OnDevice);
  add(VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, OnDevice);
  add(VIR_DOMAIN_EVENT_ID_DISK_CHANGE, OnDiskChange);
  add(VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, OnTrayChange);
}

bool Subscription::Register(int event_id, virConnectDomainEventGenericCallback callback,
                            const std::shared_ptr<EventInbox>& inbox) {
  auto held = std::make_unique<Inbox>(inbox);
  const int id = virConnectDomainEventRegisterAny(connect_, nullptr, event_id, callback, held.get(), FreeInbox);
  if (id < 0) return false;
  static_cast<void>(held.release());  // freed by libvirt
  callback_ids_.push_back(id);
  return true;
}

// Drivers within this process take this callback without ever calling or freeing it.
void Subscription::RegisterClose(const std::shared_ptr<EventInbox>& inbox) {
  auto held = std::make_unique<Inbox>(inbox);
  has_close_ = virConnectRegisterCloseCallback(connect_, OnClose, held.get(), FreeInbox) == 0;
  if (has_close_) static_cast<void>(held.release());
}

Subscription::~Subscription() {
  for (const int id : callback_ids_) virConnectDomainEventDeregisterAny(connect_, id);
  if (has_close_) virConnectUnregisterCloseCallback(connect_, OnClose);
  EventLoop::AwaitTurn();
}

}  // namespace vmtelem

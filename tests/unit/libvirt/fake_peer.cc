#include "fake_peer.h"

#include <dlfcn.h>

namespace {

vmtelem::FakePeer* current = nullptr;

template <class Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

namespace vmtelem {

FakePeer::FakePeer() { current = this; }

FakePeer::~FakePeer() {
  for (const auto& [opaque, free] : held) free(opaque);
  current = nullptr;
}

}  // namespace vmtelem

extern "C" {

int virConnectSetKeepAlive(virConnectPtr conn, int interval, unsigned int count) {
  if (current == nullptr) {
    return Real<decltype(virConnectSetKeepAlive)>("virConnectSetKeepAlive")(conn, interval, count);
  }
  const std::lock_guard guard(current->mutex);
  current->keepalive_interval_s = interval;
  current->keepalive_count = count;
  return 0;
}

// NOLINTNEXTLINE(readability-function-size): libvirt's parameters
int virConnectDomainEventRegisterAny(virConnectPtr conn, virDomainPtr dom, int eventID,
                                     virConnectDomainEventGenericCallback cb, void* opaque, virFreeCallback freecb) {
  if (current == nullptr) {
    return Real<decltype(virConnectDomainEventRegisterAny)>("virConnectDomainEventRegisterAny")(conn, dom, eventID, cb,
                                                                                                opaque, freecb);
  }
  const std::lock_guard guard(current->mutex);
  if (current->close.connect != conn) {
    return Real<decltype(virConnectDomainEventRegisterAny)>("virConnectDomainEventRegisterAny")(conn, dom, eventID, cb,
                                                                                                opaque, freecb);
  }
  if (!current->has_events) return -1;
  current->events[eventID] = {reinterpret_cast<void (*)()>(cb), opaque, conn};
  current->held[opaque] = freecb;
  return eventID;
}

int virConnectDomainEventDeregisterAny(virConnectPtr conn, int callbackID) {
  if (current == nullptr) {
    return Real<decltype(virConnectDomainEventDeregisterAny)>("virConnectDomainEventDeregisterAny")(conn, callbackID);
  }
  const std::lock_guard guard(current->mutex);
  if (current->close.connect != conn) {
    return Real<decltype(virConnectDomainEventDeregisterAny)>("virConnectDomainEventDeregisterAny")(conn, callbackID);
  }
  const auto registered = current->events.find(callbackID);
  if (registered != current->events.end() && registered->second.connect == conn) current->events.erase(registered);
  return 0;
}

int virConnectRegisterCloseCallback(virConnectPtr conn, virConnectCloseFunc cb, void* opaque, virFreeCallback freecb) {
  if (current == nullptr) {
    return Real<decltype(virConnectRegisterCloseCallback)>("virConnectRegisterCloseCallback")(conn, cb, opaque, freecb);
  }
  const std::lock_guard guard(current->mutex);
  current->close = {reinterpret_cast<void (*)()>(cb), opaque, conn};
  current->held[opaque] = freecb;
  return 0;
}

int virConnectUnregisterCloseCallback(virConnectPtr conn, virConnectCloseFunc cb) {
  if (current == nullptr) {
    return Real<decltype(virConnectUnregisterCloseCallback)>("virConnectUnregisterCloseCallback")(conn, cb);
  }
  const std::lock_guard guard(current->mutex);
  if (current->close.connect == conn) current->close = {};
  return 0;
}
}

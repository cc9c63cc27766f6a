#pragma once

#include <map>
#include <mutex>

#include <libvirt/libvirt.h>

namespace vmtelem {

// While one of these lives, every connection has it for a peer: one that takes keepalive and close callbacks, which the
// test driver does not, and of which the test sends the events. What is registered is the latest registration, of
// whichever connection has a close callback (the control connection). Events of the others come from the test driver.
struct FakePeer {
  struct Callback {
    void (*function)() = nullptr;  // of whatever type was registered
    void* opaque = nullptr;
    virConnectPtr connect = nullptr;
  };

  FakePeer();
  ~FakePeer();
  FakePeer(const FakePeer&) = delete;
  FakePeer& operator=(const FakePeer&) = delete;

  // `Function` is the type of the callbacks of `event_id`, `arguments` what they get between connection and opaque.
  template <class Function, class... Arguments>
  void Send(int event_id, Arguments... arguments) {
    const Callback callback = Registered(event_id);
    reinterpret_cast<Function>(callback.function)(nullptr, arguments..., callback.opaque);
  }
  void Close(virConnectPtr connect, int reason) {
    const std::lock_guard guard(mutex);
    reinterpret_cast<virConnectCloseFunc>(close.function)(connect, reason, close.opaque);
  }

  // Whether it is the control connection.
  bool Watches(virConnectPtr connect) {
    const std::lock_guard guard(mutex);
    return close.connect == connect;
  }

  std::mutex mutex;  // for what follows while lanes come and go
  bool has_events = true;
  int keepalive_interval_s = 0;
  unsigned keepalive_count = 0;
  std::map<int, Callback> events;         // what is registered, by event
  Callback close;                         // likewise
  std::map<void*, virFreeCallback> held;  // freed with the peer, as libvirt may be late to free

 private:
  Callback Registered(int event_id) {
    const std::lock_guard guard(mutex);
    return events.at(event_id);
  }
};

}  // namespace vmtelem

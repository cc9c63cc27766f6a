#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <libvirt/libvirt.h>

#include "libvirt/api/handles.h"

namespace vmtelem {

// Carries the domain pointers of a connection's lifecycle events from the thread of the event loop, which must not wait
// for anybody, to the lane that owns the connection. Thread-safe.
class PointerInbox {
 public:
  static constexpr std::size_t kCapacity = 100'000;

  struct Event {
    std::string uuid, name;
    DomainHandle pointer;  // null: the VM's run is over
  };
  // `is_over`: the VM's run has ended.
  void Push(virDomainPtr domain, bool is_over);

  // The events since the last call, oldest first.
  struct Taken {
    std::vector<Event> events;
    bool forgot_some = false;  // there were more than the inbox holds: list the VMs
  };
  Taken Take();

  // Drops all pointers, on the calling thread, which is the lane's, and keeps no later one.
  void Close();

 private:
  std::mutex mutex_;
  Taken taken_;
  bool closed_ = false;
};

// Puts the lifecycle events of a connection into an inbox, so that a VM that starts has a pointer without being looked
// up. A look-up waits for the VM's lock with libvirtd's list of VMs locked, and would keep other VMs from being
// created. Made and destroyed on the lane's thread; either makes one remote call. Hold an EventLoop from before the
// connection is opened.
//
// Receiving events sends nothing beside a call in flight, unlike keepalive.
class PointerFeed {
 public:
  explicit PointerFeed(virConnectPtr connect);
  ~PointerFeed();
  PointerFeed(const PointerFeed&) = delete;
  PointerFeed& operator=(const PointerFeed&) = delete;

  // Whether the driver has such events.
  [[nodiscard]] bool works() const { return callback_id_ >= 0; }
  PointerInbox::Taken Take() { return inbox_->Take(); }

 private:
  virConnectPtr connect_;
  std::shared_ptr<PointerInbox> inbox_ = std::make_shared<PointerInbox>();  // libvirt holds it too
  int callback_id_ = -1;
};

}  // namespace vmtelem

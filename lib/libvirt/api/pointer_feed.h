#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <libvirt/libvirt.h>

#include "libvirt/api/handles.h"

namespace vmtelem {

// The domain pointers that come with the lifecycle events of a connection, between the thread of the event loop, which
// must not wait for anybody, and the lane that owns the connection. Thread-safe.
class PointerInbox {
 public:
  static constexpr std::size_t kCapacity = 100'000;

  struct Event {
    std::string uuid, name;
    DomainHandle pointer;  // null: the VM's run is over
  };
  // `is_over`: the VM's run is.
  void Push(virDomainPtr domain, bool is_over);

  // What came since the last time, oldest first.
  struct Taken {
    std::vector<Event> events;
    bool forgot_some = false;  // there were more than the inbox holds: list the VMs
  };
  Taken Take();

  // From now on nothing is kept. The pointers that are there end on the calling thread, the lane's.
  void Close();

 private:
  std::mutex mutex_;
  Taken taken_;
  bool closed_ = false;
};

// Has the lifecycle events of a connection put into an inbox, so that a VM that starts has a pointer without being
// looked up. A look-up waits for the VM's lock with libvirtd's list of VMs locked, and would keep other VMs from being
// created. Made and destroyed on the lane's thread; either makes one remote call. An EventLoop is held since before the
// connection was opened.
//
// Events are received, not asked for: unlike keepalive they send nothing beside a call in flight.
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

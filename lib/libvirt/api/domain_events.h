#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <libvirt/libvirt.h>

// Events that a hypervisor sends: which VMs run, and when to read the devices of one anew.
namespace vmtelem {

// A change of one VM, as an event reported it.
struct DomainEvent {
  enum class Kind {
    kActive,          // it runs, in whatever state: paused and crashed included
    kInactive,        // its run is over
    kDevicesChanged,  // its XML may name other devices or media; also follows the kActive of every new run
  };
  Kind kind;
  std::string uuid;
  std::string name;
  std::optional<std::int64_t> id;  // libvirt's number for the run; absent if it does not run
};

// Carries events from the thread of the event loop, which must not wait for anybody, to the thread that acts on them.
// Thread-safe.
class EventInbox {
 public:
  static constexpr std::size_t kCapacity = 100'000;  // of events; a host starts and stops far fewer between two cycles

  void Push(DomainEvent event);
  void NoteClosed();

  // Takes the events since the last call, oldest first. Returns nothing, once, if there were more than the inbox holds:
  // they are lost, so list the VMs and read their devices anew, beginning after this call.
  [[nodiscard]] std::optional<std::vector<DomainEvent>> Take();
  // The connection is gone, for good: no event will come any more.
  [[nodiscard]] bool closed() const;

 private:
  mutable std::mutex mutex_;
  std::vector<DomainEvent> events_;
  bool overflowed_ = false;
  bool closed_ = false;
};

// Puts a connection's events and its end into an inbox, and has keepalive watch its peer. Made and destroyed on the
// thread that owns the connection, while it is open; both make about six remote calls, which may block. Hold an
// EventLoop from before the connection is opened. libvirt holds the inbox too: an event that is on its way may still
// reach it when the subscription has gone.
class Subscription {
 public:
  // Takes the kinds of events that the driver has and goes without the others. A lost connection shows with the next
  // call on it.
  Subscription(virConnectPtr connect, const std::shared_ptr<EventInbox>& inbox);
  // libvirt's callbacks hold references to the connection: it stays open as long as they are registered.
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Whether the driver reports VMs that start and stop. If not, list them often.
  [[nodiscard]] bool has_lifecycle() const { return has_lifecycle_; }

 private:
  bool Register(int event_id, virConnectDomainEventGenericCallback callback, const std::shared_ptr<EventInbox>& inbox);
  void RegisterClose(const std::shared_ptr<EventInbox>& inbox);

  virConnectPtr connect_;
  std::vector<int> callback_ids_;
  bool has_lifecycle_ = false;
  bool has_close_ = false;
};

}  // namespace vmtelem

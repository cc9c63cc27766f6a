#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "libvirt/connection.h"
#include "libvirt/device_book.h"
#include "libvirt/domain_events.h"
#include "libvirt/domain_pointers.h"
#include "libvirt/domain_ref.h"
#include "libvirt/event_loop.h"
#include "libvirt/lane.h"
#include "model/hypervisor.h"
#include "model/source.h"

namespace vmtelem {

// How far a sweep has come, told while it goes on: it may not come back. Thread-safe.
class SweepProgress {
 public:
  struct Blocked {
    std::string uuid;
    Nanoseconds blocked{};
  };

  void Begin(std::size_t index);
  void NoteBlocked(Blocked blocked);

  // The VM that is being asked, or was last.
  [[nodiscard]] std::size_t at() const;
  [[nodiscard]] std::vector<Blocked> blocked() const;

 private:
  mutable std::mutex mutex_;
  std::size_t at_ = 0;
  std::vector<Blocked> blocked_;
};

// What the control lane works on: a connection of its own with everything that is not sampling. Lives on the lane's
// thread; every call, and the destructor, may block for ever. Takes and gives plain values only. No call but Connect()
// before that has succeeded, and none after it failed with kUnreachable.
class ControlSession {
 public:
  struct Greeting {
    std::optional<std::string> host_name;  // as the hypervisor itself tells
    bool is_qemu = false;
    bool has_events = false;  // VMs that start and stop are told of
  };
  Result<Greeting> Connect(const std::string& uri, const std::shared_ptr<EventInbox>& inbox);

  // Waits for the lock of every VM of the host.
  Result<std::vector<DomainRef>> ListRunning();

  // The VMs that match, in no order, without their host. Of one whose information cannot be read, the state is -1.
  Result<std::vector<DomainInfo>> List(ListScope scope, const DomainFilter& filter, LaneClock& clock);

  struct Devices {
    DeviceTable table;
    std::vector<Error> problems;
  };
  Result<Devices> ReadDevices(const DomainRefs& domains, LaneClock& clock);

  // Asks for each VM how long its monitor has been busy with one command; waits for the lock of each of these VMs only.
  Result<void> Sweep(const DomainRefs& domains, SweepProgress& progress, LaneClock& clock);

 private:
  std::shared_ptr<EventLoop> loop_;  // outlives the connection
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<DomainPointers> pointers_;
  std::unique_ptr<Subscription> subscription_;
};

using ControlLane = Lane<ControlSession>;

}  // namespace vmtelem

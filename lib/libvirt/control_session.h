#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "libvirt/api/connection.h"
#include "libvirt/api/domain_events.h"
#include "libvirt/api/domain_ref.h"
#include "libvirt/api/event_loop.h"
#include "libvirt/api/handles.h"
#include "libvirt/lane/lane.h"
#include "libvirt/read/device_cache.h"
#include "model/hypervisor.h"
#include "model/source.h"

namespace vmtelem {

// The state of the control lane: a connection for everything but sampling. Lives on the lane's thread; every call, and
// the destructor, may block for ever. Takes and gives plain values only. Connect() has to succeed before any other
// call; no call may follow one that failed with kUnreachable.
class ControlSession {
 public:
  struct Greeting {
    std::optional<std::string> host_name;  // as the hypervisor reports it
    bool is_qemu = false;
    bool has_events = false;  // the driver reports VMs that start and stop
  };
  explicit ControlSession(Connection::Means means) : means_(std::move(means)) {}

  Result<Greeting> Connect(const std::string& uri, const std::shared_ptr<EventInbox>& inbox);

  // Waits for the lock of every VM of the host.
  Result<std::vector<DomainRef>> ListRunning();

  // Returns the VMs that match, in no order, without their host. The state is -1 for a VM whose information cannot be
  // read.
  Result<std::vector<DomainInfo>> List(ListScope scope, const DomainFilter& filter, LaneClock& clock);

  struct Devices {
    DeviceTable table;
    std::vector<Error> problems;
  };
  // Looks VMs up, so it is not for QEMU's driver, whose bulk statistics name the devices.
  Result<Devices> ReadDevices(const DomainRefs& domains, LaneClock& clock);

 private:
  [[nodiscard]] virDomainPtr FindListed(const DomainRef& domain) const;
  Result<void> ReadDevice(const DomainRef& domain, virDomainPtr pointer, Devices& devices) const;

  const Connection::Means means_;
  std::shared_ptr<EventLoop> loop_;  // outlives the connection
  std::unique_ptr<Connection> connection_;
  std::vector<DomainHandle> listed_;  // by the last ListRunning()
  std::unique_ptr<Subscription> subscription_;
};

using ControlLane = Lane<ControlSession>;

}  // namespace vmtelem

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "libvirt/api/connection.h"
#include "libvirt/api/domain_pointers.h"
#include "libvirt/api/domain_ref.h"
#include "libvirt/api/event_loop.h"
#include "libvirt/api/open_sockets.h"
#include "libvirt/lane/lane.h"
#include "libvirt/read/stats_reader.h"
#include "libvirt/sweep.h"

namespace vmtelem {

// A shard of the VMs and which statistics of them are asked for.
struct ShardRequest {
  DomainRefs domains;
  StatsQuery query;
};

// The statistics of a shard, as one connection gave them.
struct ShardResult {
  StatsResult stats;
  Nanoseconds took{};
  bool some_unknown = false;  // the connection lacks pointers of some VMs: if that lasts, prepare it anew
};

// The state of a bulk lane: a connection with its domain pointers and its reader. Lives on the lane's thread; every
// call, and the destructor, may block for ever. Takes and gives plain values only. Prepare() comes before everything
// else; after any call has failed with kUnreachable the connection is gone and only Prepare() may follow.
class BulkSession {
 public:
  BulkSession(std::string uri, std::shared_ptr<ConnectionSocket> socket, Connection::Means means)
      : uri_(std::move(uri)), socket_(std::move(socket)), means_(std::move(means)) {}

  // Connects, if need be, and lists the VMs. The list waits for the lock of each VM.
  Result<void> Prepare();

  // Reads the statistics of the VMs that run.
  Result<ShardResult> Collect(const ShardRequest& request, LaneClock& clock);

  // Asks each VM for its state; that waits for the VM's lock, but does not lock libvirtd's list of VMs meanwhile. Then
  // asks a VM that answered how long its monitor has been busy with one command.
  Result<void> Sweep(const DomainRefs& domains, SweepProgress& progress, LaneClock& clock);

  // Makes a call that touches no VM.
  Result<void> Ping();

 private:
  struct Connected {
    Connected(std::shared_ptr<EventLoop> running, Connection made)
        : loop(std::move(running)), connection(std::move(made)), pointers(connection), reader(connection) {}
    std::shared_ptr<EventLoop> loop;  // answers the daemon's keepalive and delivers events
    Connection connection;
    DomainPointers pointers;
    StatsReader reader;
  };
  Result<void> EnsureConnected();
  struct Swept {
    std::size_t index;
    const std::string& uuid;
    virDomainPtr pointer;
  };
  Result<void> SweepOne(const Swept& vm, SweepProgress& progress, LaneClock& clock);
  template <class T>
  Result<T> Noting(Result<T> outcome);

  const std::string uri_;
  const std::shared_ptr<ConnectionSocket> socket_;  // with the lane's owner
  const Connection::Means means_;
  std::unique_ptr<Connected> connected_;
};

// A lane with a connection for statistics.
class BulkLane final : public Lane<BulkSession> {
 public:
  // Throws std::system_error if there is no thread to be had.
  BulkLane(const std::string& uri, std::shared_ptr<DescriptorBudget> descriptors, LaneParts parts)
      : BulkLane(uri, std::make_shared<ConnectionSocket>(), {std::move(descriptors)}, std::move(parts)) {}

  // Ends the call that is under way, if the connection is to a daemon of this host.
  void Cut() { socket_->Cut(); }
  // Likewise, and leaves the thread behind. Only destruction may follow.
  void CutOff() {
    Cut();
    static_cast<void>(LeaveBehind());
  }

  // Has the kernel probe a connection that is being opened for long: else a host that dies meanwhile is waited for for
  // ever.
  void Probe() { keepalive_->Enable(); }

  // For the owner: when the connection was open, and since when it lacks VMs whose start events should have reported.
  SteadyTime opened{};
  std::optional<SteadyTime> lacks_since;

 private:
  BulkLane(const std::string& uri, std::shared_ptr<ConnectionSocket> socket, Connection::Means means, LaneParts parts)
      : Lane(std::make_unique<BulkSession>(uri, socket, means), std::move(parts)),
        socket_(std::move(socket)),
        keepalive_(std::move(means.keepalive)) {}

  const std::shared_ptr<ConnectionSocket> socket_;
  const std::shared_ptr<TcpKeepalive> keepalive_;
};

}  // namespace vmtelem

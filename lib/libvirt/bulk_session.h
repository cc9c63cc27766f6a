#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "libvirt/connection.h"
#include "libvirt/domain_pointers.h"
#include "libvirt/domain_ref.h"
#include "libvirt/event_loop.h"
#include "libvirt/lane.h"
#include "libvirt/stats_reader.h"

namespace vmtelem {

// What a bulk lane works on: a connection, which is made when it is first needed, and what hangs on it. Lives on the
// lane's thread; every call, and the destructor, may block for ever. Takes and gives plain values only.
class BulkSession {
 public:
  explicit BulkSession(std::string uri) : uri_(std::move(uri)) {}

  struct Request {
    DomainRefs domains;
    Question question;
    std::size_t known = 0;  // VMs of the whole host
    Lookup lookup = Lookup::kOneByOne;
    Answer memory;  // to be reused
  };
  struct Reply {
    Answer answer;
    Nanoseconds took{};  // reading alone, without connecting and looking up
  };
  // The statistics of those VMs that run. kUnreachable: the connection is lost, and the next call makes another.
  Result<Reply> Read(Request request, LaneClock& clock);

 private:
  struct Connected {
    Connected(std::shared_ptr<EventLoop> running, Connection made)
        : loop(std::move(running)), connection(std::move(made)), pointers(connection), reader(connection) {}
    std::shared_ptr<EventLoop> loop;  // answers the daemon's keepalive
    Connection connection;
    DomainPointers pointers;
    StatsReader reader;
  };
  Result<void> EnsureConnected();
  Result<Reply> ReadConnected(Request request, LaneClock& clock);

  const std::string uri_;
  std::unique_ptr<Connected> connected_;
};

using BulkLane = Lane<BulkSession>;

}  // namespace vmtelem

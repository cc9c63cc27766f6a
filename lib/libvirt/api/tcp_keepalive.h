#pragma once

#include <set>
#include <string>

namespace vmtelem {

// Sees to it that a call to a host that has died or cannot be reached any more fails after some 20 s instead of never:
// the kernel probes a connection on which nothing moves. libvirt has no setting for it, and its own keepalive is not
// safe beside a call in flight (see Subscription). It does nothing for other transports; with ssh, ServerAliveInterval
// in ssh_config(5) does the same.
class TcpKeepalive {
 public:
  // Before a connection is opened.
  TcpKeepalive();
  // After it: for all sockets that are new. One of another thread may be among them, which does it no harm.
  void Enable() const;

 private:
  std::set<std::string> before_;  // as the kernel names them: a number is soon in use again
};

}  // namespace vmtelem

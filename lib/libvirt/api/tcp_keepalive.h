#pragma once

#include <set>

#include <sys/types.h>

namespace vmtelem {

// Has the kernel probe idle TCP connections, so that a call to a host that has died or cannot be reached any more fails
// after some 20 s instead of never. libvirt has no setting for it, and its own keepalive is not safe beside a call in
// flight (see Subscription). It does nothing for other transports; with ssh, ServerAliveInterval in ssh_config(5) does
// the same.
class TcpKeepalive {
 public:
  // Construct before a connection is opened.
  TcpKeepalive();
  // Call after that; sets all new sockets. A socket of another thread may be among them; probing does it no harm.
  void Enable() const;

 private:
  std::set<ino_t> before_;  // as the kernel numbers them: that of a descriptor is soon in use again
};

}  // namespace vmtelem

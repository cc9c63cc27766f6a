#pragma once

#include <mutex>
#include <optional>
#include <set>

#include <sys/types.h>

namespace vmtelem {

// Has the kernel probe idle TCP connections, so that a call to a host that has died or cannot be reached any more fails
// after some 20 s instead of never. libvirt has no setting for it, and its own keepalive is not safe beside a call in
// flight (see Subscription). It does nothing for other transports; with ssh, ServerAliveInterval in ssh_config(5) does
// the same. Thread-safe.
class TcpKeepalive {
 public:
  // The connection's thread calls this before it opens the connection.
  void NoteBefore();
  // Sets all sockets that are new since then; does nothing before. A socket of another thread may be among them;
  // probing does it no harm. Call when the connection is open, and while it is being opened if that takes long: the
  // host may die meanwhile. Any thread.
  void Enable();

 private:
  std::mutex mutex_;
  std::optional<std::set<ino_t>> before_;  // as the kernel numbers them: that of a descriptor is soon in use again
};

}  // namespace vmtelem

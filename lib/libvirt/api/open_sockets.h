#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include <sys/types.h>

namespace vmtelem {

// The sockets of this process: the kernel's number and the descriptor of each. The kernel's number identifies a socket;
// that of a descriptor is soon in use again.
std::map<ino_t, int> OpenSockets();

// The socket of a connection to a daemon of this host. libvirt does not show its descriptor, and only cutting the
// socket ends a call on a connection that is not answered any more. Thread-safe.
class ConnectionSocket {
 public:
  // The connection's thread calls these before and after it opens the connection. Only another socket to a named unix
  // socket could be mistaken for the connection's: if two of these are new, none is taken.
  void NoteBefore();
  void NoteOpened();

  // Ends every call on the connection; the calls fail as they do when the daemon ends. Does nothing with another
  // transport. Any thread.
  void Cut();

 private:
  std::mutex mutex_;
  std::set<ino_t> before_;
  std::optional<ino_t> socket_;
};

}  // namespace vmtelem

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace vmtelem {

// The descriptors of this process that are sockets, by what the kernel names them ("socket:[4711]"): the number of a
// descriptor is soon in use again.
std::map<std::string, int> OpenSockets();

// The socket of a connection to a daemon of this host. libvirt does not tell which it is; without cutting it nobody can
// end a call on a connection that is not answered any more. Thread-safe.
class ConnectionSocket {
 public:
  // Before and after a connection is opened, by its thread. Of sockets that were made meanwhile for something else only
  // one to a named unix socket could be mistaken for it: where there are two such, none is taken.
  void NoteBefore();
  void NoteOpened();

  // Ends every call on it, which fails as it does when the daemon ends. Of another transport: does nothing. Any thread.
  void Cut();

 private:
  std::mutex mutex_;
  std::set<std::string> before_;
  std::optional<std::string> name_;
};

}  // namespace vmtelem

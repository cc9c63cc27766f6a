#pragma once

#include "base/file_io.h"
#include "base/result.h"
#include "http/unix_socket.h"
#include "model/listen_address.h"

namespace vmtelem {

// A socket that listens: non-blocking, closed on exec. A unix socket's file is removed with it. Any thread, one at a
// time.
struct Listener {
  ListenAddress address;
  FileDescriptor socket{};
  UnixSocketFile file{};           // of kUnix only
  bool address_is_absent = false;  // this machine does not have it (yet): nobody can connect until it does. Worth a
                                   // warning
};

// Listens. kCannotCreate, with the address and the cause, if that cannot be: taken, not permitted, no such family here.
Result<Listener> Listen(const ListenAddress& address);

}  // namespace vmtelem

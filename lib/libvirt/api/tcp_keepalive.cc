#include "libvirt/api/tcp_keepalive.h"

#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "libvirt/api/open_sockets.h"

namespace vmtelem {
namespace {

void Set(int descriptor, int level, int option, int value) {
  // Fails for any other kind of socket, as it should.
  static_cast<void>(::setsockopt(descriptor, level, option, &value, sizeof value));
}

}  // namespace

void TcpKeepalive::NoteBefore() {
  std::set<ino_t> before;
  for (const auto& [socket, descriptor] : OpenSockets()) before.insert(socket);
  const std::lock_guard guard(mutex_);
  before_ = std::move(before);
}

void TcpKeepalive::Enable() {
  const std::lock_guard guard(mutex_);
  if (!before_) return;
  for (const auto& [socket, descriptor] : OpenSockets()) {
    if (before_->contains(socket)) continue;
    Set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    Set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 5);
    Set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    Set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
    Set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 20'000);  // ms; for data that was sent and is not acknowledged
  }
}

}  // namespace vmtelem

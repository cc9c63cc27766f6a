#include "libvirt/tcp_keepalive.h"

#include <charconv>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace vmtelem {
namespace {

// Descriptors by what they are: "socket:[4711]".
std::map<std::string, int> OpenSockets() {
  std::map<std::string, int> sockets;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const std::string name = entry.path().filename();
    const std::string target = std::filesystem::read_symlink(entry.path(), error);
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (target.starts_with("socket:")) sockets.emplace(target, descriptor);
  }
  return sockets;
}

void Set(int descriptor, int level, int option, int value) {
  // Fails for what is no such socket, as it should.
  static_cast<void>(::setsockopt(descriptor, level, option, &value, sizeof value));
}

}  // namespace

TcpKeepalive::TcpKeepalive() {
  for (const auto& [socket, descriptor] : OpenSockets()) before_.insert(socket);
}

void TcpKeepalive::Enable() const {
  for (const auto& [socket, descriptor] : OpenSockets()) {
    if (before_.contains(socket)) continue;
    Set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    Set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 5);
    Set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    Set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
    Set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 20'000);  // ms; for what was sent and is not acknowledged
  }
}

}  // namespace vmtelem

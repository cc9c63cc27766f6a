#include "libvirt/api/tcp_keepalive.h"

#include <array>

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace vmtelem {
namespace {

class Socket {
 public:
  Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {}
  ~Socket() { ::close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] int Option(int level, int option) const {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(descriptor_, level, option, &value, &size);
    return value;
  }

 private:
  int descriptor_;
};

TEST_CASE("a socket that was made meanwhile is probed by the kernel within some 20 seconds") {
  TcpKeepalive keepalive;
  keepalive.NoteBefore();
  const Socket socket;
  keepalive.Enable();
  CHECK(socket.Option(SOL_SOCKET, SO_KEEPALIVE) == 1);
  const int silent_s = socket.Option(IPPROTO_TCP, TCP_KEEPIDLE) +
                       socket.Option(IPPROTO_TCP, TCP_KEEPINTVL) * socket.Option(IPPROTO_TCP, TCP_KEEPCNT);
  CHECK(silent_s == 20);
  CHECK(socket.Option(IPPROTO_TCP, TCP_USER_TIMEOUT) == 20'000);
}

TEST_CASE("a socket that was there before is left as it is") {
  const Socket socket;
  TcpKeepalive keepalive;
  keepalive.NoteBefore();
  keepalive.Enable();
  CHECK(socket.Option(SOL_SOCKET, SO_KEEPALIVE) == 0);
}

TEST_CASE("before a connection is begun no socket is probed") {
  const Socket socket;
  TcpKeepalive keepalive;
  keepalive.Enable();
  CHECK(socket.Option(SOL_SOCKET, SO_KEEPALIVE) == 0);
}

}  // namespace
}  // namespace vmtelem

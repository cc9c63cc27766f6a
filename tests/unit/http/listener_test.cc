#include "http/listener.h"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "served.h"

namespace vmtelem {
namespace {

std::uint16_t PortOf(const FileDescriptor& socket) {
  sockaddr_in6 bound{};
  socklen_t size = sizeof(bound);
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
  return ntohs(bound.sin6_port);
}

ListenAddress Ip6(const char* text) {
  ListenAddress address{.kind = ListenAddress::Kind::kIp6, .text = text};
  REQUIRE(::inet_pton(AF_INET6, text, address.ip.data()) == 1);
  return address;
}

}  // namespace

TEST_CASE("a socket that listens does not block and does not outlive exec") {
  const auto listener = Listen(Loopback());
  REQUIRE(listener);
  CHECK((::fcntl(listener->socket.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(listener->socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK_FALSE(listener->address_is_absent);
}

TEST_CASE("what a client does not take is bounded and goes, on accepted connections too") {
  const auto listener = Listen(Loopback());
  REQUIRE(listener);
  const RawClient client(PortOf(listener->socket));
  const FileDescriptor accepted(::accept4(listener->socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  REQUIRE(accepted.valid());
  int buffer_bytes = 0;
  int timeout_ms = 0;
  socklen_t size = sizeof(int);
  REQUIRE(::getsockopt(accepted.get(), SOL_SOCKET, SO_SNDBUF, &buffer_bytes, &size) == 0);
  REQUIRE(::getsockopt(accepted.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &size) == 0);
  CHECK(buffer_bytes <= 512 * 1024);  // socket(7): the kernel doubles it, where net.core.wmem_max allows as much
  CHECK(timeout_ms == 30'000);
}

TEST_CASE("a port that is taken is an error that names the address and the cause") {
  const auto first = Listen(Loopback());
  REQUIRE(first);
  const auto second = Listen(Loopback(PortOf(first->socket)));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::kCannotCreate);
  CHECK_THAT(second.error().message,
             Catch::Contains(Loopback(PortOf(first->socket)).text) && Catch::Contains("already in use"));
}

TEST_CASE("an address that this machine does not have yet is listened on all the same") {
  ListenAddress absent{.kind = ListenAddress::Kind::kIp4, .port = 0, .text = "192.0.2.77:0"};  // RFC 5737: nobody's
  absent.ip = {192, 0, 2, 77};
  const auto ip4 = Listen(absent);
  REQUIRE(ip4);
  CHECK(ip4->address_is_absent);
  const auto ip6 = Listen(Ip6("2001:db8::77"));  // RFC 3849: nobody's
  if (!ip6) {
    WARN("no IPv6 here: " << ip6.error().message);
    return;
  }
  CHECK(ip6->address_is_absent);
}

TEST_CASE("[::] is all addresses, those of IPv4 too") {
  const auto all = Listen(Ip6("::"));
  if (!all) {
    WARN("no IPv6 here: " << all.error().message);
    return;
  }
  CHECK(RawClient(PortOf(all->socket)).is_connected());
}

TEST_CASE("a server can be started again while clients of the last one are still connected") {
  const std::uint16_t port = Served().port();
  for (int i = 0; i < 5; ++i) {
    Served served({}, Loopback(port));
    RawClient kept = served.Connect();
    REQUIRE(kept.Send(served.Request("GET /healthz")));
    REQUIRE(kept.ReadAnswer());
    served.Stop();  // which closes first, so the connection lingers on our side
    CHECK(kept.IsClosed());
  }
}

}  // namespace vmtelem

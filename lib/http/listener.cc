#include "http/listener.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace vmtelem {
namespace {

// What the kernel keeps for a client that does not take its answer; by itself it grows to 4 MiB (tcp_wmem).
constexpr int kSendBuffer_bytes = 256 * 1024;

// How long it keeps that once it was cut off.
constexpr int kSendTimeout_ms = 30'000;

// An address as the system has it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

template <class Address>
SocketAddress Stored(const Address& address) {
  SocketAddress stored;
  std::memcpy(&stored.storage, &address, sizeof(address));
  stored.size = sizeof(address);
  return stored;
}

SocketAddress AddressOf(const ListenAddress& address) {
  if (address.kind == ListenAddress::Kind::kIp4) {
    sockaddr_in ip4{};
    ip4.sin_family = AF_INET;
    ip4.sin_port = htons(address.port);
    std::memcpy(&ip4.sin_addr, address.ip.data(), sizeof(ip4.sin_addr));
    return Stored(ip4);
  }
  sockaddr_in6 ip6{};
  ip6.sin6_family = AF_INET6;
  ip6.sin6_port = htons(address.port);
  std::memcpy(&ip6.sin6_addr, address.ip.data(), sizeof(ip6.sin6_addr));
  return Stored(ip6);
}

bool SetOption(const FileDescriptor& socket, int level, int option, int value) {
  return ::setsockopt(socket.get(), level, option, &value, sizeof(value)) == 0;
}

bool Bind(const FileDescriptor& socket, const SocketAddress& address) {
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0;
}

// Binds to an address that this machine does not have (yet).
bool BindToAbsent(const FileDescriptor& socket, const SocketAddress& address) {
  const bool is_ip6 = address.storage.ss_family == AF_INET6;
  return SetOption(socket, is_ip6 ? IPPROTO_IPV6 : IPPROTO_IP, is_ip6 ? IPV6_FREEBIND : IP_FREEBIND, 1) &&
         Bind(socket, address);
}

tl::unexpected<Error> CannotListen(const ListenAddress& address) {
  const std::error_code cause = LastError();
  const bool is_taken = cause.value() == EADDRINUSE;
  return Fail(ErrorCode::kCannotCreate,
              fmt::format("cannot listen on {}: {}", address.text,
                          is_taken ? "another program listens there (Address already in use)" : cause.message()),
              is_taken ? fmt::format("'ss -ltnp sport = :{}' shows which", address.port) : "");
}

Result<Listener> ListenOnTcp(const ListenAddress& address) {
  const SocketAddress wanted = AddressOf(address);
  Listener listener{.address = address};
  listener.socket = FileDescriptor(::socket(wanted.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const FileDescriptor& socket = listener.socket;
  if (!socket.valid()) return CannotListen(address);
  // After a restart connections of the last process may still linger (TIME_WAIT). Accepted sockets have the
  // other two as well.
  bool ok = SetOption(socket, SOL_SOCKET, SO_REUSEADDR, 1) &&
            SetOption(socket, SOL_SOCKET, SO_SNDBUF, kSendBuffer_bytes) &&
            SetOption(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kSendTimeout_ms);
  // [::] is all addresses of the machine, those of IPv4 too, whatever net.ipv6.bindv6only says.
  if (wanted.storage.ss_family == AF_INET6) ok = ok && SetOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (ok && !Bind(socket, wanted)) {
    ok = errno == EADDRNOTAVAIL && BindToAbsent(socket, wanted);
    listener.address_is_absent = ok;
  }
  if (!ok || ::listen(socket.get(), SOMAXCONN) != 0) return CannotListen(address);
  return listener;
}

}  // namespace

Result<Listener> Listen(const ListenAddress& address) {
  if (address.kind != ListenAddress::Kind::kUnix) return ListenOnTcp(address);
  auto unix_listener = ListenOnUnixSocket(address.path());
  if (!unix_listener) return tl::make_unexpected(unix_listener.error());
  return Listener{
      .address = address, .socket = std::move(unix_listener->socket), .file = std::move(unix_listener->file)};
}

}  // namespace vmtelem

#include "influx/open_connections.h"

#include <array>
#include <optional>

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace vmtelem {
namespace {

struct End {
  std::string ip;
  int port = 0;
};

std::string Text(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, address, text.data(), text.size()) == nullptr ? "" : text.data();
}

std::optional<End> Read(int (*get)(int, sockaddr*, socklen_t*), curl_socket_t socket) {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_storage room;
  } address{};
  socklen_t size = sizeof address;
  if (get(socket, &address.any, &size) != 0) return std::nullopt;
  if (address.any.sa_family == AF_INET) return End{Text(AF_INET, &address.v4.sin_addr), ntohs(address.v4.sin_port)};
  if (address.any.sa_family != AF_INET6) return std::nullopt;
  return End{Text(AF_INET6, &address.v6.sin6_addr), ntohs(address.v6.sin6_port)};
}

bool Is(const std::optional<End>& end, const std::string& ip, int port) {
  return end && end->port == port && end->ip == ip;
}

}  // namespace

bool OpenConnections::Watch(CURL* easy) {
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OpenConnections::Open) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this)) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &OpenConnections::Close) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, static_cast<void*>(this)) == CURLE_OK;
}

curl_socket_t OpenConnections::Open(void* self, curlsocktype, curl_sockaddr* address) {
  auto& connections = *static_cast<OpenConnections*>(self);
  const curl_socket_t socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket >= 0) connections.open_[socket] = {++connections.last_id_, false};
  return socket;
}

int OpenConnections::Close(void* self, curl_socket_t socket) {
  static_cast<OpenConnections*>(self)->open_.erase(socket);
  return ::close(socket);
}

OpenConnections::Connection OpenConnections::Find(curl_socket_t socket) const {
  const auto found = open_.find(socket);
  return found == open_.end() ? Connection{} : Connection{socket, found->second.id};
}

OpenConnections::Connection OpenConnections::Find(const Ends& ends) const {
  for (const auto& [socket, life] : open_) {
    const bool is_it = Is(Read(::getsockname, socket), ends.local_ip, ends.local_port) &&
                       Is(Read(::getpeername, socket), ends.remote_ip, ends.remote_port);
    if (is_it) return {socket, life.id};
  }
  return {};
}

bool OpenConnections::IsOpen(const Connection& connection) const {
  const auto found = open_.find(connection.socket);
  return found != open_.end() && found->second.id == connection.id;
}

void OpenConnections::Rest(const Connection& connection) {
  if (IsOpen(connection)) open_[connection.socket].at_rest = true;
}

bool OpenConnections::IsAtRest(const Connection& connection) const {
  return IsOpen(connection) && open_.at(connection.socket).at_rest;
}

bool OpenConnections::HasBytes(const Connection& connection) {
  char byte = 0;
  return ::recv(connection.socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

// TLS 1.3 sends its alerts as if they were data. HTTP begins with a letter.
bool OpenConnections::IsEndOfTls(const Connection& connection) {
  constexpr char kAlert = 21, kData = 23;
  char type = 0;
  if (::recv(connection.socket, &type, 1, MSG_PEEK | MSG_DONTWAIT) != 1 || (type != kAlert && type != kData))
    return false;
  pollfd state{connection.socket, POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool OpenConnections::IsUnacknowledged(const Connection& connection) {
  int bytes = 0;
  return ::ioctl(connection.socket, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

// What came is read first, since libcurl takes a connection with something to read for alive.
void OpenConnections::End(const Connection& connection) {
  std::array<char, 4096> unread{};
  while (::recv(connection.socket, unread.data(), unread.size(), MSG_DONTWAIT) > 0) {
  }
  ::shutdown(connection.socket, SHUT_RDWR);
}

}  // namespace vmtelem

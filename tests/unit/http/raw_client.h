#pragma once

#include <cctype>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace vmtelem {

// An answer as it stood on the wire.
struct RawAnswer {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;

  [[nodiscard]] std::string Header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

// Cuts the answers off the front of `wire`, by RFC 9112 alone. `heads` tells which of them answer HEAD, by their
// number.
inline std::optional<RawAnswer> TakeAnswer(std::string& wire, bool to_head) {
  const std::size_t end = wire.find("\r\n\r\n");
  if (end == std::string::npos || wire.substr(0, 9) != "HTTP/1.1 ") return std::nullopt;
  RawAnswer answer;
  answer.status = std::stoi(wire.substr(9, 3));
  std::size_t line = wire.find("\r\n") + 2;
  while (line < end + 2) {
    const std::size_t next = wire.find("\r\n", line);
    const std::size_t colon = wire.find(": ", line);
    std::string name = wire.substr(line, colon - line);
    for (char& byte : name) byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
    answer.headers.emplace(name, wire.substr(colon + 2, next - colon - 2));
    line = next + 2;
  }
  wire.erase(0, end + 4);
  if (to_head) return answer;
  if (answer.Header("transfer-encoding") == "chunked") {
    while (true) {
      const std::size_t size = std::stoul(wire.substr(0, wire.find("\r\n")), nullptr, 16);
      wire.erase(0, wire.find("\r\n") + 2);
      answer.body += wire.substr(0, size);
      wire.erase(0, size + 2);
      if (size == 0) return answer;
    }
  }
  const std::string length = answer.Header("content-length");
  const std::size_t size = length.empty() ? wire.size() : std::stoul(length);
  answer.body = wire.substr(0, size);
  wire.erase(0, size);
  return answer;
}

// A client that sends what it is told to, byte by byte if need be.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  explicit RawClient(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    is_connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() {
    if (fd_ >= 0) ::close(fd_);
  }
  RawClient(RawClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), is_connected_(other.is_connected_) {}
  RawClient& operator=(RawClient&&) = delete;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool is_connected() const { return is_connected_; }
  [[nodiscard]] int fd() const { return fd_; }

  // False: the server has closed.
  bool Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void EndSending() const { ::shutdown(fd_, SHUT_WR); }

  // All that comes until the server closes, ten seconds at most.
  [[nodiscard]] std::string ReadToEnd() {
    while (ReadSome()) {
    }
    return std::exchange(wire_, {});
  }
  // The next answer; nothing if the server closes before.
  std::optional<RawAnswer> ReadAnswer(bool to_head = false) {
    std::string before = wire_;
    while (!IsWhole(to_head)) {
      if (!ReadSome()) return std::nullopt;
    }
    return TakeAnswer(wire_, to_head);
  }
  // The server closes, in ten seconds at most.
  [[nodiscard]] bool IsClosed() {
    while (ReadSome()) {
    }
    return is_closed_;
  }

 private:
  [[nodiscard]] bool IsWhole(bool to_head) const {
    const std::size_t end = wire_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    if (to_head) return true;
    if (wire_.find("Transfer-Encoding: chunked") < end) return wire_.find("\r\n0\r\n\r\n", end) != std::string::npos;
    const std::size_t length = wire_.find("Content-Length: ");
    if (length > end) return is_closed_;
    return wire_.size() >= end + 4 + std::stoul(wire_.substr(length + 16));
  }
  bool ReadSome() {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 10'000) <= 0) return false;
    char bytes[65536];
    const ssize_t got = ::recv(fd_, bytes, sizeof(bytes), 0);
    is_closed_ = got <= 0;
    if (got > 0) wire_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }

  int fd_;
  bool is_connected_ = false;
  bool is_closed_ = false;
  std::string wire_;
};

}  // namespace vmtelem

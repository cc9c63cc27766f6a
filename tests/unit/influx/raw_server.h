#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace vmtelem {

// A server on loopback that does with each connection what the test says, for behaviour that no HTTP library offers.
class RawServer {
 public:
  explicit RawServer(std::function<void(int connection)> behave) : behave_(std::move(behave)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (!bound || ::listen(listener_, 16) != 0) throw std::runtime_error("no port on loopback");
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~RawServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);  // ends accept()
    thread_.join();
    ::close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int connections() const { return connections_; }

  // Reads until the text has come, or the peer ends.
  static std::string ReadUntil(int connection, const std::string& text) {
    std::string got;
    char byte = 0;
    while (got.find(text) == std::string::npos && ::recv(connection, &byte, 1, 0) == 1) got += byte;
    return got;
  }
  // The body of a request with a Content-Length.
  static std::string ReadBody(int connection) {
    const std::string head = ReadUntil(connection, "\r\n\r\n");
    std::string body(std::stoul(head.substr(head.find("Content-Length: ") + 16)), '\0');
    ::recv(connection, body.data(), body.size(), MSG_WAITALL);
    return body;
  }
  static void Reset(int connection) {
    const linger now{1, 0};
    ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  // Until the client goes.
  static void AwaitEnd(int connection) {
    char byte = 0;
    while (::recv(connection, &byte, 1, 0) > 0) {
    }
  }
  static void Write(int connection, const std::string& text) {
    ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
  }

 private:
  void Serve() {
    while (!stopping_) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      ++connections_;
      behave_(connection);
      ::close(connection);
    }
  }

  std::function<void(int)> behave_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace vmtelem

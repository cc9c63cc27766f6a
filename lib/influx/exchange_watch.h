#pragma once

#include <cstddef>

#include "influx/open_connections.h"

namespace vmtelem {

// Watches one request and its answer cross a connection, and notices bytes that are no answer to the request. Must not
// move: libcurl holds its address. Writer's thread.
class ExchangeWatch {
 public:
  explicit ExchangeWatch(OpenConnections& connections) : connections_(connections) {}
  ExchangeWatch(const ExchangeWatch&) = delete;
  ExchangeWatch& operator=(const ExchangeWatch&) = delete;

  // From now on the requests of this handle are watched. False if libcurl does not know how.
  bool Attach(CURL* easy);
  void Begin(std::size_t body_bytes);

  // The request was not sent: something had come on the connection since it served another. libcurl has closed it.
  [[nodiscard]] bool was_held_back() const { return held_back_; }
  // In that case: it was the end of the connection, for which TLS has a record of its own.
  [[nodiscard]] bool tls_has_ended() const { return tls_ended_; }
  // The answer said that the lines are stored before the server had all of them: the transfer was broken off.
  [[nodiscard]] bool answered_early() const { return answered_early_; }
  // Something came with the end of the answer, and was thrown away.
  [[nodiscard]] bool more_came() const { return more_came_; }

 private:
  static int BeforeRequest(void* self, char* remote_ip, char* local_ip, int remote_port, int local_port);
  static std::size_t ReadHeader(char* data, std::size_t size, std::size_t count, void* self);
  static int ReadRemark(CURL* easy, curl_infotype type, char* data, std::size_t size, void* self);
  [[nodiscard]] bool IsServerAhead() const;

  OpenConnections& connections_;
  CURL* easy_ = nullptr;
  OpenConnections::Connection connection_;
  std::size_t body_bytes_ = 0;
  bool held_back_ = false, tls_ended_ = false, answered_early_ = false, more_came_ = false;
};

}  // namespace vmtelem

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "influx/curl_handles.h"

namespace vmtelem {

// The sockets that libcurl has open for one sink, so that they can be looked at before something is sent on them. Must
// not move, and must outlive the multi handle: libcurl closes sockets through it. Writer's thread.
class OpenConnections {
 public:
  // A socket with an id, since its number alone may stand for another one after it was closed.
  struct Connection {
    curl_socket_t socket = CURL_SOCKET_BAD;
    std::uint64_t id = 0;
  };
  // Both ends as libcurl names them.
  struct Ends {
    std::string local_ip, remote_ip;
    int local_port = 0, remote_port = 0;
  };

  OpenConnections() = default;
  OpenConnections(const OpenConnections&) = delete;
  OpenConnections& operator=(const OpenConnections&) = delete;

  // From now on the handle opens and closes its sockets here. False if libcurl does not know how.
  bool Watch(CURL* easy);

  // Its socket is CURL_SOCKET_BAD if there is none.
  [[nodiscard]] Connection Find(curl_socket_t socket) const;
  [[nodiscard]] Connection Find(const Ends& ends) const;
  [[nodiscard]] bool IsOpen(const Connection& connection) const;

  // An exchange over HTTP/1 is over on it, so that until the next begins nothing is to come.
  void Rest(const Connection& connection);
  [[nodiscard]] bool IsAtRest(const Connection& connection) const;

  // Bytes have come that nobody has read. An end of the connection is none.
  [[nodiscard]] static bool HasBytes(const Connection& connection);
  // The bytes that have come are the record with which a peer ends TLS, and the connection has ended.
  [[nodiscard]] static bool IsEndOfTls(const Connection& connection);
  // The peer has not acknowledged all that was sent. With its answer it would have.
  [[nodiscard]] static bool IsUnacknowledged(const Connection& connection);
  // The peer gets no more, and libcurl finds it ended.
  static void End(const Connection& connection);

 private:
  struct Life {
    std::uint64_t id = 0;
    bool at_rest = false;
  };
  static curl_socket_t Open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int Close(void* self, curl_socket_t socket);

  std::map<curl_socket_t, Life> open_;
  std::uint64_t last_id_ = 0;
};

}  // namespace vmtelem

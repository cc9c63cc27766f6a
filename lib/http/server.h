#pragma once

#include <cstddef>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "http/listener.h"
#include "http/server_options.h"

namespace vmtelem {

// Answers HTTP on a thread of its own, which waits for its clients and for nothing else, and gives each as much time as
// http/connection_table.h says. Start() and Stop() belong to one thread. It takes kOwnDescriptors beside those of its
// connections and the one that listens.
class HttpServer {
 public:
  static constexpr std::size_t kOwnDescriptors = 5;  // one of them for a connection that is turned away

  HttpServer(Listener listener, HttpServerOptions options, Clock& clock, LoggerPtr log);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // kCannotCreate if there are not enough descriptors or memory.
  Result<void> Start();
  // Closes all connections at once, and the socket. An answer that is not sent yet is given up.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vmtelem

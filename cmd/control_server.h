#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "agent/agent.h"
#include "agent/control/control_api.h"
#include "base/clock.h"
#include "cmd/command.h"
#include "http/listener.h"
#include "http/server.h"

namespace vmtelem {

// The control server of `run`, where one is asked for. For the main thread.
class ControlServer {
 public:
  explicit ControlServer(const Context& context) : context_(context) {}

  // Listens, before anything is sampled. An address that this machine does not have yet is a warning.
  Result<void> Listen();
  // Answers from now on. Both outlive this; the agent until Stop().
  Result<void> Start(Agent& agent, Clock& clock);
  void Stop() { server_.reset(); }
  // How many it may have at a time; 0 without a server.
  [[nodiscard]] std::size_t connections() const { return connections_; }

 private:
  [[nodiscard]] HttpServerOptions Options();

  const Context& context_;
  std::optional<Listener> listener_;
  std::size_t connections_ = 0;
  std::unique_ptr<ControlApi> api_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace vmtelem

#include "http/server.h"

#include <thread>
#include <utility>

#include "http/connection_table.h"
#include "http/responder.h"
#include "http/server_loop.h"

namespace vmtelem {
// What the thread works with. The loop goes first, since it closes the connections.
struct HttpServer::State {
  State(Listener listened, HttpServerOptions options, Clock& time, LoggerPtr log)
      : clock(time),
        listener(std::move(listened)),
        table(options.connections_max, clock),
        responder(listener.address, std::move(options), clock, std::move(log)) {}

  Clock& clock;
  Listener listener;
  ConnectionTable table;
  HttpResponder responder;
  std::unique_ptr<ServerLoop> loop;
  std::thread thread;
};

HttpServer::HttpServer(Listener listener, HttpServerOptions options, Clock& clock, LoggerPtr log)
    : state_(std::make_unique<State>(std::move(listener), std::move(options), clock, std::move(log))) {}

HttpServer::~HttpServer() { Stop(); }

Result<void> HttpServer::Start() {
  State& state = *state_;
  auto loop = ServerLoop::Make(state.listener.socket.get(), state.responder, state.table, state.clock);
  if (!loop) return tl::make_unexpected(loop.error());
  state.loop = std::move(*loop);
  state.thread = std::thread([&running = *state.loop] { running.Run(); });
  return {};
}

void HttpServer::Stop() {
  if (!state_) return;
  if (state_->thread.joinable()) {
    state_->loop->Stop();
    state_->thread.join();
  }
  state_.reset();
}

}  // namespace vmtelem

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <httplib.h>

namespace vmtelem {

// A database on loopback that answers each request as the test says. Its handler runs on the server's threads.
class ScriptedServer {
 public:
  using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

  explicit ScriptedServer(Handler handler,
                          std::unique_ptr<httplib::Server> server = std::make_unique<httplib::Server>())
      : server_(std::move(server)), handler_(std::move(handler)) {
    const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
      {
        const std::lock_guard guard(mutex_);
        requests_.push_back(request);
      }
      handler_(request, response);
    };
    server_->Post(".*", answer);
    server_->Get(".*", answer);
    server_->set_keep_alive_max_count(1000);
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  ~ScriptedServer() {
    server_->stop();
    thread_.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<httplib::Request> requests() const {
    const std::lock_guard guard(mutex_);
    return requests_;
  }

 private:
  std::unique_ptr<httplib::Server> server_;
  Handler handler_;
  mutable std::mutex mutex_;
  std::vector<httplib::Request> requests_;
  int port_ = 0;
  std::thread thread_;
};

// An answer that is always the same.
inline ScriptedServer::Handler Answer(int status, std::string body = "", std::string type = "application/json") {
  return
      [status, body = std::move(body), type = std::move(type)](const httplib::Request&, httplib::Response& response) {
        response.status = status;
        if (!body.empty()) response.set_content(body, type.c_str());
      };
}

}  // namespace vmtelem

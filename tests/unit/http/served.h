#pragma once

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/resource.h>

#include "fakes/null_logger.h"
#include "http/server.h"
#include "raw_client.h"

namespace vmtelem {

inline ListenAddress Loopback(std::uint16_t port = 0) {
  ListenAddress address{.kind = ListenAddress::Kind::kIp4, .port = port, .text = "127.0.0.1:" + std::to_string(port)};
  address.ip = {127, 0, 0, 1};
  return address;
}

// What this process has used of the processor.
inline std::chrono::nanoseconds CpuTime() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// A server with some routes, on a port that the system chose.
class Served {
 public:
  explicit Served(HttpServerOptions options = {}, std::optional<ListenAddress> address = std::nullopt,
                  Clock* clock = nullptr)
      : options_(std::move(options)), clock_(clock == nullptr ? system_clock_ : *clock) {
    AddRoutes();
    auto listener = Listen(address.value_or(Loopback()));
    REQUIRE(listener);
    sockaddr_in bound{};
    socklen_t size = sizeof(bound);
    REQUIRE(::getsockname(listener->socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    port_ = ntohs(bound.sin_port);
    options_.observer = [this](std::string_view route, int status) {
      const std::lock_guard guard(mutex_);
      ++answers_[{std::string(route), status}];
    };
    server_ = std::make_unique<HttpServer>(std::move(*listener), options_, clock_, MakeNullLogger());
    REQUIRE(server_->Start());
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string host() const { return "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n"; }
  [[nodiscard]] RawClient Connect() const { return RawClient(port_); }
  // A whole request with the right Host, and no other header.
  [[nodiscard]] std::string Request(const std::string& line, const std::string& headers = "") const {
    return line + " HTTP/1.1\r\n" + host() + headers + "\r\n";
  }
  void Stop() { server_->Stop(); }
  int answers(const std::string& route, int status) {
    const std::lock_guard guard(mutex_);
    return answers_[{route, status}];
  }

 private:
  void AddRoutes() {
    const auto say = [](std::string text) {
      return [text = std::move(text)](const HttpRequest&) {
        HttpResponse response;
        response.content_type = "text/plain; charset=utf-8";
        response.body = text;
        response.may_be_packed = true;
        return response;
      };
    };
    options_.routes.push_back({"/metrics", "GET", say(std::string(100'000, 'm'))});
    options_.routes.push_back({"/healthz", "GET", say("ok\n")});
    options_.routes.push_back({"/status", "GET", say("{}")});
    options_.routes.push_back({"/echo", "POST", [](const HttpRequest& request) {
                                 HttpResponse response;
                                 response.body = request.body;
                                 return response;
                               }});
    options_.routes.push_back({"/parts", "GET", [](const HttpRequest&) {
                                 HttpResponse response;
                                 response.may_be_packed = true;
                                 response.source = [left = std::size_t{5'000'000}](char* buffer,
                                                                                   std::size_t size) mutable {
                                   const std::size_t part = std::min({left, size, std::size_t{1000}});
                                   std::memset(buffer, 'p', part);
                                   left -= part;
                                   return part;
                                 };
                                 return response;
                               }});
    options_.routes.push_back({"/large", "GET", say(std::string(20'000'000, 'x'))});
    options_.routes.push_back(
        {"/throws", "GET", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("/secret/path"); }});
  }

  HttpServerOptions options_;
  SystemClock system_clock_;
  Clock& clock_;
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, int> answers_;
  std::uint16_t port_ = 0;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace vmtelem

#pragma once

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/gzip.h"
#include "base/log.h"
#include "base/log_throttle.h"
#include "http/access_token.h"
#include "http/body_budget.h"
#include "http/request.h"
#include "http/request_guard.h"
#include "http/response.h"
#include "http/router.h"
#include "http/server_options.h"

namespace vmtelem {

// What lies between a request and its answer: who may, which route, how it is packed, and the headers that every answer
// has. Server's thread.
class HttpResponder {
 public:
  HttpResponder(const ListenAddress& address, HttpServerOptions options, Clock& clock, LoggerPtr log);

  // The answer with all its headers but those that the library adds: Date, Connection, and the length of the body.
  HttpResponse Respond(const HttpRequest& request);
  // The same for a request that cannot be read to its end.
  HttpResponse Reject(const HttpRequest& request, int status, std::string_view detail);
  // What the bodies that are being sent take: whoever sends them keeps it up to date.
  [[nodiscard]] BodyBudget& bodies() { return bodies_; }

 private:
  HttpResponse Refuse(const AccessRefusal& refusal);
  RoutedResponse Route(const HttpRequest& request);
  void Pack(const HttpRequest& request, HttpResponse& response);
  bool PackBody(HttpResponse& response);
  HttpResponse Finish(std::string_view route, HttpResponse response);

  HttpRouter router_;
  AccessRules rules_;
  AccessToken token_;
  HttpObserver observer_;
  Clock& clock_;
  LoggerPtr log_;
  LogThrottle throttle_;
  BodyBudget bodies_;
  std::unique_ptr<GzipCompressor> gzip_;  // made when it is first needed: it keeps 256 KiB
};

}  // namespace vmtelem

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"
#include "http/response.h"

namespace vmtelem {

// Answers a request. Called on the server's thread, one at a time; must not block. What it throws is answered with 500.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

// What a path answers to. HEAD is answered wherever GET is: by its handler, without the body.
struct HttpRoute {
  std::string path;    // the whole of it: "/api/telemetry/vms"; "/old/*" is all below /old/
  std::string method;  // "GET" or "POST"
  HttpHandler handler;
};

// An answer, and the path of the route that gave it.
struct RoutedResponse {
  HttpResponse response;
  std::string_view route;  // of the router; "other" if there is no such path
};

// The table of routes. A path that is not in it is answered 404, a method that the path has not 405 with Allow, a query
// that cannot be read 400. Immutable; any thread if the handlers allow it.
class HttpRouter {
 public:
  explicit HttpRouter(std::vector<HttpRoute> routes);

  [[nodiscard]] RoutedResponse Answer(const HttpRequest& request) const;
  // The path of the route, for whoever counts answers; "other" if there is none.
  [[nodiscard]] std::string_view RouteOf(std::string_view path) const;

 private:
  std::vector<HttpRoute> routes_;
};

}  // namespace vmtelem

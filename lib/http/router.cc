#include "http/router.h"

#include <algorithm>
#include <utility>

namespace vmtelem {
namespace {

constexpr std::string_view kOther = "other";

bool Answers(const HttpRoute& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && route.method == "GET");
}

bool IsAt(const HttpRoute& route, std::string_view path) {
  if (!route.path.ends_with("/*")) return route.path == path;
  const std::string_view above = std::string_view(route.path).substr(0, route.path.size() - 1);
  return path.size() > above.size() && path.starts_with(above);
}

HttpResponse WrongMethod(const std::vector<const HttpRoute*>& routes) {
  std::string allowed;
  for (const HttpRoute* route : routes) {
    if (!allowed.empty()) allowed += ", ";
    allowed += route->method == "GET" ? "GET, HEAD" : route->method;
  }
  HttpResponse response = HttpError(405, "this path answers to " + allowed);
  response.headers.push_back({"Allow", allowed});
  return response;
}

}  // namespace

HttpRouter::HttpRouter(std::vector<HttpRoute> routes) : routes_(std::move(routes)) {}

RoutedResponse HttpRouter::Answer(const HttpRequest& request) const {
  std::vector<const HttpRoute*> here;
  for (const HttpRoute& route : routes_) {
    if (IsAt(route, request.path)) here.push_back(&route);
  }
  if (here.empty()) return {HttpError(404, "there is nothing at this path"), kOther};
  const std::string_view path = here.front()->path;
  const auto found =
      std::find_if(here.begin(), here.end(), [&](const HttpRoute* route) { return Answers(*route, request.method); });
  if (found == here.end()) return {WrongMethod(here), path};
  if (!request.query_is_valid) return {HttpError(400, "the query holds an escape that is none, or no UTF-8"), path};
  return {(*found)->handler(request), path};
}

std::string_view HttpRouter::RouteOf(std::string_view path) const {
  const auto found =
      std::find_if(routes_.begin(), routes_.end(), [&](const HttpRoute& route) { return IsAt(route, path); });
  return found == routes_.end() ? kOther : found->path;
}

}  // namespace vmtelem

#include "http/router.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

HttpHandler Says(std::string text) {
  return [text = std::move(text)](const HttpRequest&) {
    HttpResponse response;
    response.body = text;
    return response;
  };
}

HttpRouter Routes() {
  return HttpRouter({{"/vms", "GET", Says("vms")},
                     {"/start", "POST", Says("start")},
                     {"/both", "GET", Says("read")},
                     {"/both", "POST", Says("write")}});
}

HttpRequest To(std::string method, std::string path) {
  HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  return request;
}

std::string Allowed(const HttpResponse& response) {
  for (const HttpField& header : response.headers) {
    if (header.name == "Allow") return header.value;
  }
  return "";
}

}  // namespace

TEST_CASE("a request goes to the handler of its path and method") {
  CHECK(Routes().Answer(To("GET", "/vms")).response.body == "vms");
  CHECK(Routes().Answer(To("POST", "/start")).response.body == "start");
  CHECK(Routes().Answer(To("GET", "/both")).response.body == "read");
  CHECK(Routes().Answer(To("POST", "/both")).response.body == "write");
}

TEST_CASE("HEAD is answered wherever GET is") {
  CHECK(Routes().Answer(To("HEAD", "/vms")).response.body == "vms");
  CHECK(Routes().Answer(To("HEAD", "/start")).response.status == 405);
}

TEST_CASE("a method that a path does not have is answered with those that it has") {
  const std::string method = GENERATE("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "X");
  CAPTURE(method);
  const HttpRouter router = Routes();
  const auto routed = router.Answer(To(method, "/both"));
  CHECK(routed.response.status == 405);
  CHECK(Allowed(routed.response) == "GET, HEAD, POST");
  CHECK(routed.route == "/both");
}

TEST_CASE("a method is never taken from anything but the request's first line") {
  HttpRequest request = To("GET", "/start");
  request.headers = {{"x-http-method-override", "POST"}};
  request.query = {{"_method", "POST"}};
  CHECK(Routes().Answer(request).response.status == 405);
}

TEST_CASE("a path that is not there is answered 404, and counted as other") {
  const std::string path =
      GENERATE("/", "", "/vms/", "/VMS", "//vms", "/./vms", "/%76ms", "*", "http://host/vms", "/vmsx");
  CAPTURE(path);
  const HttpRouter router = Routes();
  const auto routed = router.Answer(To("GET", path));
  CHECK(routed.response.status == 404);
  CHECK(routed.route == "other");
  CHECK(Routes().RouteOf(path) == "other");
}

TEST_CASE("a route may have all that lies below a path, but not that path") {
  const HttpRouter router({{"/old/*", "GET", Says("below")}});
  CHECK(router.Answer(To("GET", "/old/7/x")).response.body == "below");
  CHECK(router.Answer(To("GET", "/old/7")).route == "/old/*");
  CHECK(router.Answer(To("GET", "/old/")).response.status == 404);
  CHECK(router.Answer(To("GET", "/older")).response.status == 404);
}

TEST_CASE("a query that cannot be read is answered 400, without the handler") {
  HttpRequest request = To("GET", "/vms");
  request.query_is_valid = false;
  CHECK(Routes().Answer(request).response.status == 400);
}

}  // namespace vmtelem

#include "http/request_guard.h"

#include <catch2/catch.hpp>

#include "config/listen_address.h"

namespace vmtelem {
namespace {

const Secret kToken("T0ken");

AccessRules ListeningOn(const std::string& address, const std::vector<std::string>& hosts = {}) {
  AccessRules rules;
  REQUIRE_FALSE(ParseListenAddress(address, rules.address));
  for (const std::string& host : hosts) rules.hosts.push_back(*ParseAuthority(host));
  rules.public_paths = {"/healthz"};
  rules.has_token_file = true;
  return rules;
}

HttpRequest With(std::string method, std::vector<HttpField> headers) {
  HttpRequest request;
  request.method = std::move(method);
  request.path = "/metrics";
  request.headers = std::move(headers);
  return request;
}

int StatusOf(const AccessRules& rules, const HttpRequest& request) {
  const auto refusal = RefusalOf(rules, kToken, request);
  return refusal ? refusal->status : 200;
}

int StatusOfHost(const AccessRules& rules, const std::string& host) {
  return StatusOf(rules, With("GET", {{"host", host}, {"authorization", "Bearer T0ken"}}));
}

int StatusOfOrigin(const AccessRules& rules, const std::string& host, const std::string& origin) {
  return StatusOf(rules, With("POST", {{"host", host}, {"origin", origin}, {"authorization", "Bearer T0ken"}}));
}

int StatusOfAuthorization(const std::string& value) {
  return StatusOf(ListeningOn("127.0.0.1:9177"), With("POST", {{"host", "127.0.0.1:9177"}, {"authorization", value}}));
}

}  // namespace

TEST_CASE("the address listened on and localhost are served under any port") {
  const std::string host =
      GENERATE("127.0.0.1:9177", "127.0.0.1", "127.0.0.1:80", "localhost", "LocalHost:9177", "[::ffff:127.0.0.1]:9177");
  CAPTURE(host);
  CHECK(StatusOfHost(ListeningOn("127.0.0.1:9177"), host) == 200);
}

TEST_CASE("a host that is not ours is refused, also one that begins or ends like ours") {
  const std::string host =
      GENERATE("evil.example", "127.0.0.1.evil.example:9177", "localhost.evil.example", "evil-localhost", "127.0.0.2",
               "[::1]:9177", "localhost.", "127.1", "2130706433", "0.0.0.0:9177", "", "a b", "localhost:x",
               "localhost@evil.example", "localhost, evil.example");
  CAPTURE(host);
  CHECK(StatusOfHost(ListeningOn("127.0.0.1:9177"), host) == 403);
}

TEST_CASE("a further host is served whole and without regard to case, with or without its port") {
  const AccessRules rules = ListeningOn("127.0.0.1:9177", {"vm.example", "proxy.example:8443"});
  CHECK(StatusOfHost(rules, "VM.Example") == 200);
  CHECK(StatusOfHost(rules, "vm.example:444") == 200);
  CHECK(StatusOfHost(rules, "proxy.example") == 200);
  CHECK(StatusOfHost(rules, "proxy.example:8443") == 200);
  CHECK(StatusOfHost(rules, "proxy.example:8444") == 403);
  CHECK(StatusOfHost(rules, "sub.vm.example") == 403);
  CHECK(StatusOfHost(rules, "xvm.example") == 403);
}

TEST_CASE("a server on all addresses is served under any literal one, and under no name but its own") {
  const AccessRules rules = ListeningOn(GENERATE("0.0.0.0:9177", "[::]:9177"));
  CHECK(StatusOfHost(rules, "192.0.2.7:9177") == 200);
  CHECK(StatusOfHost(rules, "[2001:db8::7]:9177") == 200);
  CHECK(StatusOfHost(rules, "localhost:9177") == 200);
  CHECK(StatusOfHost(rules, "evil.example:9177") == 403);
}

TEST_CASE("over a unix socket any host is served") {
  CHECK(StatusOfHost(ListeningOn("unix:/run/s"), GENERATE("localhost", "evil.example", "", "/run/s", "a b")) == 200);
}

TEST_CASE("none or two Host are malformed in HTTP/1.1, and two before") {
  const AccessRules rules = ListeningOn(GENERATE("127.0.0.1:9177", "unix:/run/s"));
  HttpRequest none = With("GET", {});
  HttpRequest two = With("GET", {{"host", "localhost"}, {"host", "localhost"}});
  CHECK(StatusOf(rules, none) == 400);
  CHECK(StatusOf(rules, two) == 400);
  none.version = two.version = HttpRequest::Version::kHttp10;
  CHECK(StatusOf(rules, none) == 200);
  CHECK(StatusOf(rules, two) == 400);
}

TEST_CASE("the own page may post, from its origin with the port") {
  CHECK(StatusOfOrigin(ListeningOn("127.0.0.1:9177"), "127.0.0.1:9177", "http://127.0.0.1:9177") == 200);
  CHECK(StatusOfOrigin(ListeningOn("127.0.0.1:9177"), "localhost:9177", "http://localhost:9177") == 200);
  CHECK(StatusOfOrigin(ListeningOn("[::1]:9177"), "[::1]:9177", "http://[::1]:9177") == 200);
  CHECK(StatusOfOrigin(ListeningOn("127.0.0.1:80"), "127.0.0.1", "http://127.0.0.1") == 200);
}

TEST_CASE("the page of a reverse proxy may post, whatever Host the proxy sends") {
  const AccessRules rules = ListeningOn("127.0.0.1:9177", {"vm.example", "other.example:8443"});
  CHECK(StatusOfOrigin(rules, "vm.example", "https://vm.example") == 200);
  CHECK(StatusOfOrigin(rules, "127.0.0.1:9177", "https://vm.example") == 200);
  CHECK(StatusOfOrigin(rules, "127.0.0.1:9177", "https://other.example:8443") == 200);
  CHECK(StatusOfOrigin(rules, "127.0.0.1:9177", "https://other.example:8444") == 403);
  CHECK(StatusOfOrigin(rules, "127.0.0.1:9177", "https://vm.example:8443") == 403);
}

TEST_CASE("a page of another origin is refused with the right token too") {
  const std::string origin =
      GENERATE("null", "http://127.0.0.1.evil.com", "http://127.0.0.1.evil.com:9177", "http://localhost:1",
               "http://evil.example", "http://127.0.0.1", "https://127.0.0.1", "http://127.0.0.1:91770", "",
               "127.0.0.1:9177", "http://127.0.0.1:9177/", "http://127.0.0.1:9177 http://evil.example", "file://",
               "http://user@127.0.0.1:9177", "chrome-extension://127.0.0.1:9177");
  CAPTURE(origin);
  CHECK(StatusOfOrigin(ListeningOn("127.0.0.1:9177"), "127.0.0.1:9177", origin) == 403);
}

TEST_CASE("two origins are foreign") {
  const HttpField own{"origin", "http://127.0.0.1:9177"};
  CHECK(StatusOf(ListeningOn("127.0.0.1:9177"), With("GET", {{"host", "127.0.0.1:9177"}, own, own})) == 403);
}

TEST_CASE("a foreign page learns nothing of the token") {
  const HttpRequest wrong =
      With("POST", {{"host", "127.0.0.1:9177"}, {"origin", "http://evil.example"}, {"authorization", "Bearer x"}});
  CHECK(StatusOf(ListeningOn("127.0.0.1:9177"), wrong) == 403);
}

TEST_CASE("the scheme is known in any case, with any number of blanks behind it") {
  CHECK(StatusOfAuthorization(GENERATE("Bearer T0ken", "bearer T0ken", "BEARER T0ken", "Bearer  T0ken")) == 200);
}

TEST_CASE("a token that is not the whole right one is refused") {
  const std::string value = GENERATE("", "Bearer", "Bearer ", "Bearer T0ken.", "Bearer T0k", "Bearer t0ken", "T0ken",
                                     "BearerT0ken", "Basic T0ken", "Bearer T0ken T0ken", "Bearer\tT0ken",
                                     "Bearer T0ken, Bearer T0ken", "Bearer  ", "Bearer \"T0ken\"", "Bearer: T0ken");
  CAPTURE(value);
  CHECK(StatusOfAuthorization(value) == 401);
}

TEST_CASE("two Authorization are refused, though both are right") {
  const HttpField right{"authorization", "Bearer T0ken"};
  CHECK(StatusOf(ListeningOn("127.0.0.1:9177"), With("POST", {{"host", "localhost"}, right, right})) == 401);
}

TEST_CASE("a request that holds a NUL has no right token") {
  HttpRequest request = With("POST", {{"host", "localhost"}, {"authorization", "Bearer T0ken"}});
  request.holds_nul = true;
  CHECK(StatusOf(ListeningOn("127.0.0.1:9177"), request) == 401);
  request.method = "GET";
  CHECK(StatusOf(ListeningOn("127.0.0.1:9177"), request) == 400);
}

TEST_CASE("on this machine only POST needs a token") {
  const AccessRules rules =
      ListeningOn(GENERATE("127.0.0.1:9177", "127.8.9.1:9177", "[::1]:9177", "unix:/run/s", "[::ffff:127.0.0.1]:9177"));
  for (const char* method : {"GET", "HEAD", "DELETE", "OPTIONS"})
    CHECK(StatusOf(rules, With(method, {{"host", "localhost"}})) == 200);
  CHECK(StatusOf(rules, With("POST", {{"host", "localhost"}})) == 401);
}

TEST_CASE("beyond this machine all but reading the public paths needs a token") {
  const AccessRules rules = ListeningOn(GENERATE("192.0.2.1:9177", "0.0.0.0:9177", "[::]:9177", "[2001:db8::1]:9177"));
  HttpRequest request = With("GET", {{"host", "localhost"}});
  for (const char* method : {"GET", "HEAD", "POST", "DELETE", "OPTIONS"}) {
    request.method = method;
    CHECK(StatusOf(rules, request) == 401);
  }
  request.path = "/healthz";
  for (const char* method : {"GET", "HEAD"}) {
    request.method = method;
    CHECK(StatusOf(rules, request) == 200);
  }
  for (const char* method : {"POST", "PUT"}) {
    request.method = method;
    CHECK(StatusOf(rules, request) == 401);
  }
  request.path = "/healthz/";
  request.method = "GET";
  CHECK(StatusOf(rules, request) == 401);
}

TEST_CASE("without a token file nobody may post, and the answer says so") {
  AccessRules rules = ListeningOn("127.0.0.1:9177");
  rules.has_token_file = false;
  const auto refusal =
      RefusalOf(rules, std::nullopt, With("POST", {{"host", "localhost"}, {"authorization", "Bearer "}}));
  REQUIRE(refusal);
  CHECK(refusal->status == 403);
  CHECK(refusal->detail.find("token file") != std::string_view::npos);
}

TEST_CASE("while the token file cannot be read no token is right") {
  const auto refusal = RefusalOf(ListeningOn("127.0.0.1:9177"), std::nullopt,
                                 With("POST", {{"host", "localhost"}, {"authorization", "Bearer T0ken"}}));
  REQUIRE(refusal);
  CHECK(refusal->status == 401);
}

}  // namespace vmtelem

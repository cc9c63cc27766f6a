#include "fakes/temporary_directory.h"
#include "served.h"

namespace vmtelem {
namespace {

// A server with a token file.
struct Guarded {
  explicit Guarded(const std::string& content = "T0ken\n") { WriteFileBytes(path, content); }

  int Post(const std::string& headers) {
    RawClient client = served.Connect();
    if (!client.Send(served.Request("POST /echo", headers + "Content-Length: 0\r\n"))) return 0;
    const auto answer = client.ReadAnswer();
    if (answer && answer->status == 401) CHECK(answer->Header("www-authenticate") == "Bearer realm=\"vmtelem\"");
    return answer ? answer->status : 0;
  }

  TemporaryDirectory directory;
  std::string path = directory.path() / "token";
  Served served{[this] {
    HttpServerOptions options;
    options.token_file = path;
    return options;
  }()};
};

}  // namespace

TEST_CASE("only the right token may post") {
  Guarded guarded;
  CHECK(guarded.Post("Authorization: Bearer T0ken\r\n") == 200);
  CHECK(guarded.Post("authorization:bearer T0ken\r\n") == 200);
  CHECK(guarded.Post("Authorization: Bearer T0ken \r\n") == 200);
  CHECK(guarded.Post("") == 401);
  CHECK(guarded.Post("Content-Type: text/plain\r\n") == 401);
  CHECK(guarded.Post("Authorization: Bearer\r\n") == 401);
  CHECK(guarded.Post("Authorization: Bearer T0k\r\n") == 401);
  CHECK(guarded.Post("Authorization: Bearer T0ken\r\nAuthorization: Bearer T0ken\r\n") == 401);
  CHECK(guarded.Post("Authorization: Bearer " + std::string(100'000, 'T') + "\r\n") == 431);
}

TEST_CASE("a token that ends with a NUL is not the right one") {
  Guarded guarded;
  const std::string nul(1, '\0');
  const int status = guarded.Post("Authorization: Bearer T0ken" + nul + "\r\n");
  CHECK((status == 401 || status == 400));
  CHECK(guarded.Post("Authorization: Bearer T0ken\r\n") == 200);
}

TEST_CASE("an empty token file lets nobody post") {
  Guarded guarded("\n");
  CHECK(guarded.Post("Authorization: Bearer \r\n") == 401);
  CHECK(guarded.Post("Authorization: Bearer\r\n") == 401);
}

TEST_CASE("a new token works without a restart, and the old one no more") {
  Guarded guarded;
  CHECK(guarded.Post("Authorization: Bearer T0ken\r\n") == 200);
  WriteFileBytes(guarded.path, "0ther\n");
  CHECK(guarded.Post("Authorization: Bearer 0ther\r\n") == 200);
  CHECK(guarded.Post("Authorization: Bearer T0ken\r\n") == 401);
}

TEST_CASE("a page of another site gets no answer that its browser would show it") {
  Guarded guarded;
  const std::string token = "Authorization: Bearer T0ken\r\n";
  CHECK(guarded.Post(token + "Origin: null\r\n") == 403);
  CHECK(guarded.Post(token + "Origin: http://127.0.0.1.evil.com\r\n") == 403);
  CHECK(guarded.Post(token + "Origin: http://localhost:1\r\n") == 403);
  CHECK(guarded.Post(token + "Origin: http://127.0.0.1:" + std::to_string(guarded.served.port()) + "\r\n") == 200);
  RawClient client = guarded.served.Connect();
  REQUIRE(client.Send(guarded.served.Request(
      "OPTIONS /echo", "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n")));
  const auto answer = client.ReadAnswer();
  REQUIRE(answer);
  CHECK(answer->status == 405);
  CHECK(answer->Header("allow") == "POST");
  for (const auto& [name, value] : answer->headers) CHECK(name.substr(0, 14) != "access-control");
}

TEST_CASE("a request says once for which host it is") {
  const Served served;
  const auto status_of = [&](const std::string& head) {
    RawClient client = served.Connect();
    REQUIRE(client.Send(head + "\r\n"));
    const auto answer = client.ReadAnswer();
    return answer ? answer->status : 0;
  };
  CHECK(status_of("GET /healthz HTTP/1.1\r\n") == 400);
  CHECK(status_of("GET /healthz HTTP/1.1\r\n" + served.host() + served.host()) == 400);
  CHECK(status_of("GET /healthz HTTP/1.0\r\n") == 200);
  CHECK(status_of("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n") == 403);
  CHECK(status_of("GET /healthz HTTP/1.1\r\nHost : 127.0.0.1\r\n" + served.host()) == 400);
}

TEST_CASE("a body whose end is not clear is refused, and its connection closed") {
  Guarded guarded;
  const std::string lengths =
      GENERATE("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: xchunked\r\n",
               "Transfer-Encoding: chunked, identity\r\n", "Content-Length: 1\r\nContent-Length: 0\r\n",
               "Content-Length: x\r\n", "Content-Length: -1\r\n", "Content-Length: +1\r\n");
  CAPTURE(lengths);
  RawClient client = guarded.served.Connect();
  const std::string behind = "0\r\n\r\n" + guarded.served.Request("GET /healthz");
  REQUIRE(client.Send(guarded.served.Request("POST /echo", "Authorization: Bearer T0ken\r\n" + lengths) + behind));
  const std::string wire = client.ReadToEnd();
  CHECK_THAT(wire, Catch::StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(wire, !Catch::Contains("ok\n"));
}

TEST_CASE("what is no HTTP gets no answer but 400 or the end of the connection") {
  const Served served;
  const std::string bytes = GENERATE(as<std::string>(), "\r\n\r\n\r\n", "GET\r\n\r\n", "GET /healthz\r\n\r\n",
                                     "GET /healthz HTTP/2.0\r\n\r\n", "GET /healthz HTTP/1.1\r\nno colon\r\n\r\n",
                                     "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\r\n\r\n", " / HTTP/1.1\r\n\r\n",
                                     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  RawClient client = served.Connect();
  REQUIRE(client.Send(bytes));
  client.EndSending();
  const std::string wire = client.ReadToEnd();
  CAPTURE(bytes, wire);
  const int status = wire.size() < 12 ? 0 : std::stoi(wire.substr(9, 3));
  CHECK((status == 0 || status == 400 || status == 505));
}

}  // namespace vmtelem

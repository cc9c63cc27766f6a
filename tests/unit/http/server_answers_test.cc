#include "base/gzip.h"
#include "served.h"

namespace vmtelem {

TEST_CASE("several requests in one go are answered in order, HEAD without a body") {
  const Served served;
  RawClient client = served.Connect();
  const std::vector<std::string> lines{"HEAD /metrics",   "GET /healthz", "HEAD /status",
                                       "DELETE /metrics", "HEAD /nosuch", "GET /healthz"};
  std::string sent;
  for (const std::string& line : lines) sent += served.Request(line);
  REQUIRE(client.Send(sent));
  std::vector<int> statuses;
  std::vector<RawAnswer> answers;
  for (const std::string& line : lines) {
    const auto answer = client.ReadAnswer(line.substr(0, 4) == "HEAD");
    REQUIRE(answer);
    answers.push_back(*answer);
    statuses.push_back(answer->status);
  }
  CHECK(statuses == std::vector<int>{200, 200, 200, 405, 404, 200});
  CHECK(answers[0].Header("content-length") == "100000");
  CHECK(answers[1].body == "ok\n");
  CHECK(answers[3].Header("allow") == "GET, HEAD");
  CHECK(answers[4].Header("content-type") == "application/json");
  CHECK(answers[5].body == "ok\n");
}

TEST_CASE("an answer in parts arrives whole, and HEAD of it has no body") {
  const Served served;
  RawClient client = served.Connect();
  REQUIRE(client.Send(served.Request("GET /parts") + served.Request("HEAD /parts") + served.Request("GET /healthz")));
  const auto parts = client.ReadAnswer();
  REQUIRE(parts);
  CHECK((parts->body == std::string(5'000'000, 'p')));
  CHECK(client.ReadAnswer(true)->status == 200);
  CHECK(client.ReadAnswer()->body == "ok\n");
}

TEST_CASE("HTTP/1.0 gets an answer in parts up to the end of the connection") {
  const Served served;
  RawClient client = served.Connect();
  REQUIRE(client.Send("GET /parts HTTP/1.0\r\n\r\n"));
  const std::string wire = client.ReadToEnd();
  CHECK(wire.size() - wire.find("\r\n\r\n") - 4 == 5'000'000);
  CHECK(wire.find("chunked") == std::string::npos);
}

TEST_CASE("every answer has the headers that keep it out of caches and other pages") {
  const Served served;
  const std::string line = GENERATE("GET /healthz", "GET /nosuch", "DELETE /healthz", "POST /echo", "GET /throws");
  CAPTURE(line);
  RawClient client = served.Connect();
  REQUIRE(client.Send(served.Request(line)));
  const auto answer = client.ReadAnswer();
  REQUIRE(answer);
  CHECK(answer->Header("cache-control") == "no-store");
  CHECK(answer->Header("x-content-type-options") == "nosniff");
  CHECK(answer->Header("referrer-policy") == "no-referrer");
  for (const auto& [name, value] : answer->headers) CHECK(name.substr(0, 14) != "access-control");
}

TEST_CASE("what a handler throws is not told to the client") {
  Served served;
  RawClient client = served.Connect();
  REQUIRE(client.Send(served.Request("GET /throws")));
  const auto answer = client.ReadAnswer();
  REQUIRE(answer);
  CHECK(answer->status == 500);
  CHECK(answer->body == R"({"detail":"internal error"})");
  CHECK(served.answers("/throws", 500) == 1);
}

TEST_CASE("each answer is observed with its route, unknown paths as other") {
  Served served;
  RawClient client = served.Connect();
  REQUIRE(client.Send(served.Request("GET /healthz") + served.Request("GET /a") + served.Request("GET /b")));
  for (int i = 0; i < 3; ++i) REQUIRE(client.ReadAnswer());
  CHECK(served.answers("/healthz", 200) == 1);
  CHECK(served.answers("other", 404) == 2);
}

TEST_CASE("a long answer is packed for a client that takes gzip, and its HEAD has the same headers") {
  const Served served;
  RawClient client = served.Connect();
  const std::string gzip = "Accept-Encoding: gzip\r\n";
  REQUIRE(client.Send(served.Request("GET /metrics", gzip) + served.Request("HEAD /metrics", gzip)));
  const auto packed = client.ReadAnswer();
  const auto head = client.ReadAnswer(true);
  REQUIRE(packed);
  REQUIRE(head);
  CHECK(packed->Header("content-encoding") == "gzip");
  CHECK(packed->Header("vary") == "Accept-Encoding");
  CHECK((Gunzip(packed->body, 200'000) == std::string(100'000, 'm')));
  CHECK(head->Header("content-length") == packed->Header("content-length"));
  CHECK(head->Header("content-encoding") == "gzip");
}

TEST_CASE("an answer in parts is packed on its way") {
  const Served served;
  RawClient client = served.Connect();
  const std::string gzip = "Accept-Encoding: gzip\r\n";
  REQUIRE(client.Send(served.Request("GET /parts", gzip) + served.Request("HEAD /parts", gzip)));
  const auto packed = client.ReadAnswer();
  const auto head = client.ReadAnswer(true);
  REQUIRE(packed);
  REQUIRE(head);
  CHECK(packed->Header("content-encoding") == "gzip");
  CHECK((Gunzip(packed->body, 6'000'000) == std::string(5'000'000, 'p')));
  CHECK(head->Header("content-length") == std::to_string(packed->body.size()));
}

TEST_CASE("a header up to 16 KiB is read, and one beyond it is refused") {
  const Served served;
  const auto status_of = [&](std::size_t bytes) {
    RawClient client = served.Connect();
    const std::string begin = "GET /healthz HTTP/1.1\r\n" + served.host() + "X-Long: ";
    REQUIRE(client.Send(begin + std::string(bytes - begin.size() - 4, 'l') + "\r\n\r\n"));
    const auto answer = client.ReadAnswer();
    return answer ? answer->status : 0;
  };
  CHECK(status_of(16 * 1024) == 200);
  CHECK(status_of(16 * 1024 + 1) == 431);
  CHECK(status_of(64 * 1024) == 431);
  CHECK(status_of(100 * 1024) == 431);
}

TEST_CASE("a line of 64 KiB is refused") {
  const Served served;
  RawClient client = served.Connect();
  REQUIRE(client.Send("GET /" + std::string(64 * 1024, 'a') + " HTTP/1.1\r\n" + served.host() + "\r\n"));
  const auto answer = client.ReadAnswer();
  REQUIRE(answer);
  CHECK(answer->status == 414);
}

}  // namespace vmtelem

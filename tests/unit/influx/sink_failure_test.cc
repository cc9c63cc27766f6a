#include <atomic>

#include <catch2/catch.hpp>

#include "base/gzip.h"
#include "fakes/scripted_server.h"
#include "inflate.h"
#include "raw_server.h"
#include "sink_world.h"

namespace vmtelem {
namespace {

TEST_CASE("nobody at the port is a reason to try again, and the message names the address") {
  std::string url;
  {
    url = RawServer([](int) {}).url();
  }
  SinkWorld world(TargetAt(url));
  const Verdict verdict = world.Send();
  CHECK(verdict.action == Action::kRetry);
  CHECK(verdict.cause == ErrorCode::kUnreachable);
  CHECK_FALSE(verdict.batch_suspected);
  CHECK(verdict.reason.find("InfluxDB at " + url + " cannot be reached: ") == 0);
  CHECK(world.status() == 0);
}

TEST_CASE("a reset before the body was read is a reason to try again") {
  RawServer server([](int connection) { RawServer::Reset(connection); });
  SinkWorld world(TargetAt(server.url()));
  CHECK(world.Send().action == Action::kRetry);
}

TEST_CASE("a reset after the body was read makes the batch suspect, and the same bytes are sent again") {
  std::vector<std::string> bodies;
  {
    RawServer server([&](int connection) {
      bodies.push_back(RawServer::ReadBody(connection));
      RawServer::Reset(connection);
    });
    SinkWorld world(TargetAt(server.url()));
    const Verdict verdict = world.Send();
    CHECK(verdict.action == Action::kRetry);
    CHECK(verdict.batch_suspected);
    world.Send();
  }
  REQUIRE(bodies.size() == 2);
  CHECK(bodies[0] == bodies[1]);
  CHECK(Inflate(bodies[0]) == kLines);
}

TEST_CASE("a server that does not answer costs the time-out and no more") {
  RawServer server([](int connection) { RawServer::AwaitEnd(connection); });
  InfluxTarget target = TargetAt(server.url());
  target.timeout = std::chrono::milliseconds(300);
  SinkWorld world(target);
  const auto begin = std::chrono::steady_clock::now();
  const Verdict verdict = world.Send();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
  CHECK(verdict.action == Action::kRetry);
  CHECK(verdict.cause == ErrorCode::kTimeout);
  CHECK(verdict.reason == "InfluxDB at " + server.url() + " does not answer within 300ms");
}

TEST_CASE("an answer that is not HTTP is a reason to try again") {
  RawServer server([](int connection) {
    RawServer::ReadUntil(connection, "\r\n\r\n");
    RawServer::Write(connection, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
  });
  SinkWorld world(TargetAt(server.url()));
  CHECK(world.Send().action == Action::kRetry);
}

TEST_CASE("an answer that ends in the middle of its body is not believed") {
  RawServer server([](int connection) {
    RawServer::ReadUntil(connection, "\r\n\r\n");
    RawServer::Write(connection, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r");
  });
  SinkWorld world(TargetAt(server.url()));
  CHECK(world.Send().action == Action::kRetry);
  CHECK(world.status() == 0);
}

TEST_CASE("a page, a fragment of JSON and ten mebibytes of nothing are outcomes like others") {
  const struct {
    int status;
    std::string body;
    Action action;
  } rows[] = {
      {502, "<html><body>Bad Gateway</body></html>", Action::kRetry},
      {400, "<html><body>Bad Request</body></html>", Action::kRefuse},
      {400, R"({"error":"partial write of line protocol occurred","data":[{"line_number":)", Action::kRefuse},
      {500, std::string(10 << 20, 'x'), Action::kRetry},
      {400, "{\"error\":\"" + std::string(10 << 20, 'x') + "\"}", Action::kRefuse},
  };
  for (const auto& row : rows) {
    INFO(row.status << ' ' << row.body.substr(0, 30));
    ScriptedServer server(Answer(row.status, row.body, "text/html"));
    SinkWorld world(TargetAt(server.url()));
    const Verdict verdict = world.Send();
    CHECK(verdict.action == row.action);
    CHECK(verdict.reason.size() < 400);
  }
}

TEST_CASE("no more than the first mebibyte of an answer is read") {
  const std::string tail = R"("error":"partial write of line protocol occurred","data":[{"line_number":1}]})";
  for (const auto& [padding, action] :
       {std::pair{std::size_t{1} << 10, Action::kAckPartly}, std::pair{std::size_t{2} << 20, Action::kRefuse}}) {
    ScriptedServer server(Answer(400, R"({"padding":")" + std::string(padding, 'x') + "\"," + tail));
    SinkWorld world(TargetAt(server.url()));
    CHECK(world.Send().action == action);
  }
}

TEST_CASE("after ten mebibytes of answer the connection serves the next request") {
  std::atomic<int> asked{0};
  ScriptedServer server([&](const httplib::Request&, httplib::Response& response) {
    const bool first = ++asked == 1;
    response.status = first ? 500 : 204;
    if (first) response.set_content(std::string(10 << 20, 'x'), "text/plain");
  });
  SinkWorld world(TargetAt(server.url()));
  CHECK(world.Send().action == Action::kRetry);
  world.EndReuseTrial();
  CHECK(world.Send().action == Action::kAck);
  CHECK(server.requests().at(0).remote_port == server.requests().at(1).remote_port);
}

TEST_CASE("a redirect is not followed, and the message names its target without the query") {
  ScriptedServer server([](const httplib::Request& request, httplib::Response& response) {
    response.status = 307;
    response.set_header("Location", "http://" + request.get_header_value("Host") + "/again?p=pa55word");
  });
  SinkWorld world(TargetAt(server.url()));
  const Verdict verdict = world.Send();
  CHECK(verdict.action == Action::kHold);
  CHECK(server.requests().size() == 1);
  CHECK(verdict.reason == "InfluxDB at " + server.url() + " redirects to " + server.url() + " (HTTP 307)");
}

TEST_CASE("the wait that a server asks for is read in both forms") {
  for (const char* const value : {"3", "Fri, 01 Jan 2100 00:00:00 GMT"}) {
    ScriptedServer server([&](const httplib::Request&, httplib::Response& response) {
      response.status = 429;
      response.set_header("Retry-After", value);
    });
    SinkWorld world(TargetAt(server.url()));
    const Verdict verdict = world.Send();
    CHECK(verdict.action == Action::kRetry);
    REQUIRE(verdict.retry_after);
    CHECK(*verdict.retry_after >= std::chrono::seconds(3));
    CHECK(*verdict.retry_after <= std::chrono::hours(24));
  }
}

TEST_CASE("a senseless wait is ignored") {
  for (const char* const value : {"-5", "soon", "", "Fri, 01 Jan 1999 00:00:00 GMT"}) {
    ScriptedServer server([&](const httplib::Request&, httplib::Response& response) {
      response.status = 503;
      response.set_header("Retry-After", value);
    });
    SinkWorld world(TargetAt(server.url()));
    CHECK_FALSE(world.Send().retry_after);
  }
}

TEST_CASE("a server that repeats what it was sent does not bring the token into a message") {
  for (const InfluxApi api : {InfluxApi::kV1, InfluxApi::kV2, InfluxApi::kV3}) {
    for (const int status : {400, 401, 404, 422, 429, 500}) {
      ScriptedServer server([&](const httplib::Request& request, httplib::Response& response) {
        response.status = status;
        response.set_content("cannot parse " + request.get_header_value("Authorization"), "text/plain");
        response.set_header("Location", "http://x/" + kToken);
      });
      SinkWorld world(TargetAt(server.url(), api));
      world.Send();
      CHECK(world.told().find(kToken) == std::string::npos);
      CHECK(world.told().find("d3JpdGVyOnMzY3IzdC0wMTIzNDU2Nzg5LXRva2Vu") == std::string::npos);
    }
  }
}

TEST_CASE("a token that a server repeats in the escapes of JSON does not come into a message either") {
  const std::string token = "s3cr3t/abc=0123456789";
  for (const char* const written : {R"(s3cr3t\/abc=0123456789)", R"(s3cr3t/abc\u003d0123456789)"}) {
    ScriptedServer server(Answer(404, std::string(R"({"error":"no )") + written + "\"}"));
    InfluxTarget target = TargetAt(server.url());
    target.token = Secret(token);
    SinkWorld world(target);
    CHECK(world.Send().reason.find("no ***") != std::string::npos);
    CHECK(world.told().find(token) == std::string::npos);
  }
}

TEST_CASE("a request that was broken off never completes, and the sink goes on") {
  RawServer silent([](int connection) { RawServer::AwaitEnd(connection); });
  SinkWorld world(TargetAt(silent.url()));
  world.sink->Start(77, ThreeLines());
  world.sink->Wait(std::chrono::milliseconds(20));
  world.sink->Abort();
  CHECK(world.sink->Wait(std::chrono::milliseconds(50)).empty());
}

TEST_CASE("an answer that is compressed is understood") {
  const std::string body = R"({"error":"partial write","data":[{"error_message":"No fields","line_number":2}]})";
  ScriptedServer server([&](const httplib::Request&, httplib::Response& response) {
    response.status = 400;
    response.set_header("Content-Encoding", "gzip");
    response.set_content(GzipCompressor().Compress(body).value(), "application/json");
  });
  SinkWorld world(TargetAt(server.url()));
  const Verdict verdict = world.Send();
  CHECK(verdict.action == Action::kAckPartly);
  CHECK(verdict.reason.find("No fields") != std::string::npos);
}

TEST_CASE("an answer that decodes to more than 64 MiB is broken off, and is a reason to try again") {
  const std::string packed = GzipCompressor().Compress(std::string(std::size_t{200} << 20, 'x')).value();
  ScriptedServer server([&](const httplib::Request&, httplib::Response& response) {
    response.status = 400;
    response.set_header("Content-Encoding", "gzip");
    response.set_content(packed, "text/plain");
  });
  SinkWorld world(TargetAt(server.url()));
  const Verdict verdict = world.Send();
  CHECK(verdict.action == Action::kRetry);
  CHECK(verdict.reason.find("its answer is longer than any that is read") != std::string::npos);
}

TEST_CASE("an answer that cannot be decoded is a reason to try again") {
  ScriptedServer server([&](const httplib::Request&, httplib::Response& response) {
    response.status = 400;
    response.set_header("Content-Encoding", "gzip");
    response.set_content("this is no gzip", "application/json");
  });
  SinkWorld world(TargetAt(server.url()));
  CHECK(world.Send().action == Action::kRetry);
}

}  // namespace
}  // namespace vmtelem

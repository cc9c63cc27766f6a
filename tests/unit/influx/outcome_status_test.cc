#include <catch2/catch.hpp>

#include "outcome_world.h"

namespace vmtelem {
namespace {

struct StatusRow {
  int status;
  const char* body;
  Action action;
  ErrorCode cause;
};

TEST_CASE("each status has its action, whatever the API") {
  const StatusRow rows[] = {
      {200, "", Action::kAck, ErrorCode::kInternal},
      {204, "", Action::kAck, ErrorCode::kInternal},
      {208, "", Action::kAck, ErrorCode::kInternal},
      {200, "<html>please log in</html>", Action::kHold, ErrorCode::kInvalid},
      {301, "", Action::kHold, ErrorCode::kInvalid},
      {302, "", Action::kHold, ErrorCode::kInvalid},
      {307, "", Action::kHold, ErrorCode::kInvalid},
      {308, "", Action::kHold, ErrorCode::kInvalid},
      {400, "", Action::kRefuse, ErrorCode::kRefusedData},
      {401, "", Action::kHold, ErrorCode::kDenied},
      {403, "", Action::kRefuse, ErrorCode::kDenied},
      {404, R"({"code":"not found","message":"bucket not found"})", Action::kRefuse, ErrorCode::kInvalid},
      {404, R"({"error":"database not found: \"x\""})", Action::kRefuse, ErrorCode::kInvalid},
      {405, "", Action::kRefuse, ErrorCode::kInvalid},
      {406, "", Action::kRefuse, ErrorCode::kInvalid},
      {407, "", Action::kHold, ErrorCode::kDenied},
      {408, "", Action::kRetry, ErrorCode::kUnreachable},
      {409, "", Action::kRefuse, ErrorCode::kInvalid},
      {410, "", Action::kRefuse, ErrorCode::kInvalid},
      {411, "", Action::kRefuse, ErrorCode::kInvalid},
      {413, "max request size (10485760 bytes) exceeded", Action::kSplit, ErrorCode::kRefusedData},
      {414, "", Action::kRefuse, ErrorCode::kInvalid},
      {415, "gzip encoding is not supported", Action::kRefuse, ErrorCode::kInvalid},
      {418, "", Action::kRefuse, ErrorCode::kInvalid},
      {422, "", Action::kRefuse, ErrorCode::kRefusedData},
      {425, "", Action::kRetry, ErrorCode::kUnreachable},
      {429, "", Action::kRetry, ErrorCode::kUnreachable},
      {431, "", Action::kRefuse, ErrorCode::kInvalid},
      {499, "", Action::kRetry, ErrorCode::kUnreachable},
      {500, R"({"error":"timeout"})", Action::kRetry, ErrorCode::kUnreachable},
      {500, R"({"error":"retention policy not found: nosuch"})", Action::kRefuse, ErrorCode::kInvalid},
      {500, R"({"error":"database not found: x"})", Action::kRefuse, ErrorCode::kInvalid},
      {500, "max request size (10485760 bytes) exceeded", Action::kSplit, ErrorCode::kRefusedData},
      {200, R"({"error":"engine: cannot write"})", Action::kRetry, ErrorCode::kUnreachable},
      {200, R"({"code":"internal error","message":"no"})", Action::kRetry, ErrorCode::kUnreachable},
      {200, R"({"status":"ok"})", Action::kAck, ErrorCode::kInternal},
      {502, "<html>bad gateway</html>", Action::kRetry, ErrorCode::kUnreachable},
      {503, "request throttled, queue is full", Action::kRetry, ErrorCode::kUnreachable},
      {504, "", Action::kRetry, ErrorCode::kUnreachable},
      {507, "", Action::kRetry, ErrorCode::kUnreachable},
      {599, "", Action::kRetry, ErrorCode::kUnreachable},
      {101, "", Action::kHold, ErrorCode::kInvalid},
      {0, "", Action::kHold, ErrorCode::kInvalid},
      {999, "", Action::kHold, ErrorCode::kInvalid},
  };
  for (const InfluxApi api : {InfluxApi::kV1, InfluxApi::kV2, InfluxApi::kV3}) {
    for (const StatusRow& row : rows) {
      INFO("status " << row.status << ' ' << row.body);
      const Verdict verdict = Classify(Target(api), Http(row.status, row.body), NumberedLines(3));
      CHECK(verdict.action == row.action);
      if (row.action != Action::kAck) {
        CHECK(verdict.cause == row.cause);
        CHECK(verdict.reason.find("InfluxDB at http://db:8181") == 0);
      }
      CHECK(verdict.lines.empty());
    }
  }
}

TEST_CASE("without an answer the cause decides") {
  using Transport = Reply::Transport;
  const struct {
    Transport transport;
    Action action;
    ErrorCode cause;
    const char* text;
  } rows[] = {
      {Transport::kUnreachable, Action::kRetry, ErrorCode::kUnreachable, "cannot be reached: curl's words"},
      {Transport::kTimeout, Action::kRetry, ErrorCode::kTimeout, "does not answer within 30s"},
      {Transport::kBroken, Action::kRetry, ErrorCode::kUnreachable, "broke off the connection: curl's words"},
      {Transport::kHandshake, Action::kRetry, ErrorCode::kUnreachable, "cannot be reached: curl's words"},
      {Transport::kUntrusted, Action::kHold, ErrorCode::kUnreachable, "is not accepted: curl's words"},
      {Transport::kTlsSetup, Action::kHold, ErrorCode::kInvalid, "cannot be reached: curl's words"},
  };
  for (const auto& row : rows) {
    const Verdict verdict = Classify(Target(), NoAnswer(row.transport), NumberedLines(3));
    CHECK(verdict.action == row.action);
    CHECK(verdict.cause == row.cause);
    CHECK(verdict.reason.find(row.text) != std::string::npos);
  }
}

TEST_CASE("a TLS handshake that fails three times may pass, the fourth failure is held") {
  Reply reply = NoAnswer(Reply::Transport::kHandshake);
  for (unsigned failed = 1; failed <= 3; ++failed) {
    reply.handshakes_failed = failed;
    CHECK(Classify(Target(), reply, NumberedLines(1)).action == Action::kRetry);
  }
  reply.handshakes_failed = 4;
  CHECK(Classify(Target(), reply, NumberedLines(1)).action == Action::kHold);
}

TEST_CASE("a server that takes no gzip gets the same again, once, without it") {
  const std::pair<int, const char*> refusals[] = {{415, "gzip encoding is not supported"},
                                                  {400, "unacceptable content-encoding: gzip"}};
  for (const auto& [status, body] : refusals) {
    Reply reply = Http(status, body);
    CHECK(Classify(Target(), reply, NumberedLines(1)).action != Action::kResend);
    reply.compressed = true;
    CHECK(Classify(Target(), reply, NumberedLines(1)).action == Action::kResend);
  }
}

TEST_CASE("the time that the server asks for is passed on") {
  Reply reply = Http(429);
  reply.retry_after = std::chrono::seconds(3);
  CHECK(Classify(Target(), reply, NumberedLines(1)).retry_after == Nanoseconds(std::chrono::seconds(3)));
}

TEST_CASE("only a server that had the lines and failed inside makes them suspect") {
  const std::pair<int, bool> statuses[] = {{500, true},  {502, true},  {504, true},  {507, true}, {503, true},
                                           {429, false}, {408, false}, {499, false}, {204, false}};
  for (const auto& [status, suspect] : statuses) {
    INFO("status " << status);
    CHECK(Classify(Target(), Http(status), NumberedLines(1)).batch_suspected == suspect);
  }
  using Transport = Reply::Transport;
  const std::pair<Transport, bool> transports[] = {{Transport::kBroken, true},
                                                   {Transport::kTimeout, true},
                                                   {Transport::kUnreachable, false},
                                                   {Transport::kHandshake, false},
                                                   {Transport::kUntrusted, false}};
  for (const auto& [transport, suspect] : transports) {
    Reply reply = NoAnswer(transport);
    CHECK_FALSE(Classify(Target(), reply, NumberedLines(1)).batch_suspected);
    reply.lines_sent = true;
    CHECK(Classify(Target(), reply, NumberedLines(1)).batch_suspected == suspect);
  }
}

TEST_CASE("the message of a refused token names its origin and the database") {
  const Verdict verdict = Classify(Target(), Http(401, R"({"error":"no"})"), NumberedLines(1));
  CHECK(verdict.reason == "InfluxDB at http://db:8181 refuses the token (HTTP 401): no");
  CHECK(verdict.hint == "the token came from INFLUX_TOKEN_FILE; may it write to database 'vmstats'?");
}

TEST_CASE("the message of a refusal of access has the server's words, and the token only in the hint for the target") {
  const std::string body = R"({"code":"forbidden","message":"outside of the retention period"})";
  const Verdict verdict = Classify(Target(InfluxApi::kV2), Http(403, body), NumberedLines(1));
  CHECK(verdict.reason == "InfluxDB at http://db:8181 refuses data (HTTP 403): outside of the retention period");
  CHECK(verdict.target_reason ==
        "InfluxDB at http://db:8181 refuses access (HTTP 403): outside of the retention period");
  CHECK(verdict.hint == "the token came from INFLUX_TOKEN_FILE; may it write to database 'vmstats'?");
}

TEST_CASE("the message of an HTML page that comes instead of an answer says so") {
  const Verdict verdict = Classify(Target(), Http(403, "<html>Forbidden</html>"), NumberedLines(1));
  CHECK(verdict.target_reason.find("an HTML page; a proxy or another server seems to answer") != std::string::npos);
}

TEST_CASE("a success whose body lists every line is a refusal") {
  const std::string body = R"({"error":"partial write","data":[{"error_message":"x","line_number":1}]})";
  CHECK(Classify(Target(), Http(200, body), NumberedLines(1)).action == Action::kRefuse);
}

TEST_CASE("a success whose body lists lines that are not stored is a partial success") {
  const std::string body = R"({"error":"partial write","data":[{"error_message":"x","line_number":2}]})";
  const Verdict verdict = Classify(Target(), Http(200, body), NumberedLines(3));
  CHECK(verdict.action == Action::kAckPartly);
  CHECK(verdict.lines == Indices{1});
}

TEST_CASE("an answer that names every line is a refusal") {
  const std::string body = R"({"error":"partial write","data":[{"error_message":"x","line_number":1}]})";
  CHECK(Classify(Target(), Http(400, body), NumberedLines(1)).action == Action::kRefuse);
}

TEST_CASE("the message of a missing retention policy names its setting") {
  const Verdict verdict =
      Classify(Target(InfluxApi::kV1), Http(500, R"({"error":"retention policy not found: x"})"), NumberedLines(1));
  CHECK(verdict.hint.find("INFLUX_RP") != std::string::npos);
  CHECK(verdict.target_reason.find("retention policy not found: x") != std::string::npos);
}

TEST_CASE("a server that is busy, or whose gateway says that it is away, asks for a pause") {
  const std::pair<int, bool> statuses[] = {{500, false}, {502, true}, {503, true},
                                           {504, true},  {429, true}, {204, false}};
  for (const auto& [status, busy] : statuses) CHECK(Classify(Target(), Http(status), NumberedLines(1)).busy == busy);
}

TEST_CASE("only a server that says nothing at all is silent") {
  CHECK(Classify(Target(), NoAnswer(Reply::Transport::kTimeout), NumberedLines(1)).silent);
  CHECK_FALSE(Classify(Target(), NoAnswer(Reply::Transport::kUnreachable), NumberedLines(1)).silent);
  CHECK_FALSE(Classify(Target(), Http(503), NumberedLines(1)).silent);
}

TEST_CASE("a server that wants credentials where none are set gives a message of its own") {
  InfluxTarget target = Target(InfluxApi::kV1);
  target.token = {};
  CHECK(Classify(target, Http(401), NumberedLines(1)).reason ==
        "InfluxDB at http://db:8181 wants credentials (HTTP 401)");
}

TEST_CASE("the message of a redirect names where it leads") {
  Reply reply = Http(307);
  reply.location = "https://other";
  CHECK(Classify(Target(), reply, NumberedLines(1)).reason ==
        "InfluxDB at http://db:8181 redirects to https://other (HTTP 307)");
}

TEST_CASE("the message of a missing database has the server's words") {
  const Verdict verdict =
      Classify(Target(InfluxApi::kV1), Http(404, R"({"error":"database not found: \"x\""})"), NumberedLines(1));
  CHECK(verdict.reason.find("database not found: \"x\"") != std::string::npos);
  CHECK(verdict.hint.find("'vmstats'") != std::string::npos);
}

}  // namespace
}  // namespace vmtelem

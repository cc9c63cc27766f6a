#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/gzip.h"
#include "fakes/scripted_server.h"
#include "raw_server.h"
#include "sink_world.h"

namespace vmtelem {
namespace {

using Indices = std::vector<std::size_t>;

constexpr InfluxApi kApis[] = {InfluxApi::kV1, InfluxApi::kV2, InfluxApi::kV3};

struct Expected {
  Action action = Action::kAck;
  ErrorCode cause = ErrorCode::kInternal;
  Indices lines{};
  bool suspected = false;
};

const Expected kStored{};
const Expected kDenied{Action::kHold, ErrorCode::kDenied};
const Expected kFault{Action::kHold, ErrorCode::kInvalid};
const Expected kBusy{Action::kRetry, ErrorCode::kUnreachable};
const Expected kGateway{.action = Action::kRetry, .cause = ErrorCode::kUnreachable, .suspected = true};
const Expected kFails{.action = Action::kRetry, .cause = ErrorCode::kUnreachable, .suspected = true};
const Expected kTooLarge{Action::kSplit, ErrorCode::kRefusedData};
const Expected kNoGzip{Action::kResend, ErrorCode::kInvalid};
const Expected kRefused{Action::kRefuse, ErrorCode::kRefusedData};
const Expected kNoAccess{Action::kRefuse, ErrorCode::kDenied};
const Expected kNotThere{Action::kRefuse, ErrorCode::kInvalid};

Expected But(Indices lines) {
  return {.action = Action::kAckPartly, .cause = ErrorCode::kRefusedData, .lines = std::move(lines)};
}
Expected Naming(Indices lines) {
  return {.action = Action::kRefuse, .cause = ErrorCode::kRefusedData, .lines = std::move(lines)};
}

void CheckVerdict(const Verdict& verdict, const Expected& expected) {
  CHECK(verdict.action == expected.action);
  if (expected.action != Action::kAck) CHECK(verdict.cause == expected.cause);
  if (expected.action != Action::kAck) CHECK_FALSE(verdict.reason.empty());
  CHECK(verdict.lines == expected.lines);
  CHECK(verdict.batch_suspected == expected.suspected);
}

struct Row {
  int status;
  std::string body;
  Expected expected;
};

// Three lines through a real connection for each row.
void CheckRows(InfluxApi api, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO("API v" << static_cast<int>(api) << ", HTTP " << row.status << ' ' << row.body.substr(0, 60));
    ScriptedServer server(Answer(row.status, row.body));
    SinkWorld world(TargetAt(server.url(), api));
    CheckVerdict(world.Send(), row.expected);
    CHECK(world.status() == row.status);
    CHECK(server.requests().size() == 1);
  }
}

const std::string kPage = "<html><body>a proxy</body></html>";

TEST_CASE("a status means the same for every API") {
  std::vector<Row> rows{{200, "", kStored},
                        {202, "", kStored},
                        {204, "", kStored},
                        {200, kPage, kFault},
                        {413, "", kTooLarge},
                        {415, "", kNoGzip},
                        {500, "", kFails},
                        {507, "", kFails},
                        {502, kPage, kGateway},
                        {504, kPage, kGateway},
                        {503, "throttled", kGateway},
                        {400, kPage, kRefused},
                        {400, "", kRefused},
                        {422, "", kRefused},
                        {400, "no database", kRefused}};
  for (const int status : {401, 407}) rows.push_back({status, R"({"error":"no"})", kDenied});
  for (const int status : {301, 302, 303, 307, 308}) rows.push_back({status, "", kFault});
  rows.push_back({403, R"({"error":"no"})", kNoAccess});
  for (const int status : {404, 405, 406, 409, 410, 411, 414, 431}) rows.push_back({status, "", kNotThere});
  for (const int status : {408, 425, 429, 499}) rows.push_back({status, "", kBusy});
  for (const InfluxApi api : kApis) CheckRows(api, rows);
}

TEST_CASE("the answers of API v3 lead to what they say of each line") {
  const std::string partial =
      R"({"error":"partial write of line protocol occurred","data":[)"
      R"({"error_message":"No fields were provided","line_number":2,"original_line":"m,i=2"}]})";
  const std::string two = R"({"error":"partial write of line protocol occurred","data":[{"error_message":"a",)"
                          R"("line_number":3},{"error_message":"b","line_number":1}]})";
  const std::string one = R"({"error":"line protocol parsing error","data":{"error_message":"x","line_number":3}})";
  const std::string none = R"({"error":"partial write of line protocol occurred","data":[{"line_number":9}]})";
  CheckRows(
      InfluxApi::kV3,
      {{400, partial, But({1})},
       {422, partial, But({1})},
       {400, two, But({0, 2})},
       {400, one, Naming({2})},
       {400, none, kRefused},
       {422, R"({"error":"Adding a new database would exceed limit of 5 databases"})", kRefused},
       {400, "Authorization header was malformed, it was not in the form 'Authorization: <scheme> <token>'", kRefused},
       {400, "incoming write was empty", kRefused},
       {400, "unacceptable content-encoding: gzip", kNoGzip},
       {400, "body content is not valid utf8: invalid utf-8 sequence", kRefused},
       {413, "max request size (10485760 bytes) exceeded", kTooLarge},
       {500, "write buffer error: error from wal: no space", kFails}});
}

TEST_CASE("the answers of API v2 lead to what they say of each line") {
  CheckRows(
      InfluxApi::kV2,
      {{400, R"({"code":"invalid","message":"unable to parse 'm,i=2 v=2i 2': missing fields"})", Naming({1})},
       {400,
        R"({"code":"invalid","message":"unable to parse 'm,i=1 v=1i 1': bad\nunable to parse 'm,i=3 v=3i 3': bad"})",
        Naming({0, 2})},
       {400, R"({"code":"invalid","message":"unable to parse 'another line': missing fields"})", kRefused},
       {422,
        R"({"code":"unprocessable entity","message":"failure writing points to database: partial write: )"
        R"(field type conflict: input field \"v\" on measurement \"m\" is type integer dropped=2"})",
        kRefused},
       {400, R"({"code":"invalid","message":"write buffer error: line protocol parse failed: x"})", kRefused},
       {400, R"({"code":"invalid","message":"failed to parse line protocol:\nerror in line 2: x","line":2})",
        Naming({1})},
       {400, R"({"code":"invalid","message":"invalid precision; valid precision units are ns, us, ms, and s"})",
        kRefused},
       {404, R"({"code":"not found","message":"bucket not found"})", kNotThere},
       {413, R"({"code":"request too large","message":"x"})", kTooLarge}});
}

TEST_CASE("the answers of API v1 lead to what they say of each line") {
  CheckRows(InfluxApi::kV1,
            {{400, R"({"error":"partial write: unable to parse 'm,i=3 v=3i 3': bad number dropped=0"})", But({2})},
             {400, R"({"error":"partial write: unable to parse 'not ours': bad number dropped=0"})", kRefused},
             {400, R"({"error":"unable to parse 'm,i=1 v=1i 1': bad number"})", Naming({0})},
             {400,
              R"({"error":"partial write: field type conflict: input field \"v\" on measurement \"m\" is type )"
              R"(integer, already exists as type float dropped=1"})",
              kRefused},
             {400, R"({"error":"partial write: points beyond retention policy dropped=3"})", kRefused},
             {404, R"({"error":"database not found: \"vmstats\""})", kNotThere},
             {413, R"({"error":"Request Entity Too Large"})", kTooLarge},
             {500, R"({"error":"timeout"})", kFails},
             {503, "request throttled, exceeds timeout", kGateway}});
}

TEST_CASE("for every API a wait that is asked for is kept in both forms") {
  for (const InfluxApi api : kApis) {
    for (const int status : {429, 500, 503}) {
      for (const char* const value : {"7", "Fri, 01 Jan 2100 00:00:00 GMT"}) {
        ScriptedServer server([&](const httplib::Request&, httplib::Response& response) {
          response.status = status;
          response.set_header("Retry-After", value);
        });
        SinkWorld world(TargetAt(server.url(), api));
        const Verdict verdict = world.Send();
        CHECK(verdict.action == Action::kRetry);
        REQUIRE(verdict.retry_after);
        CHECK(*verdict.retry_after >= std::chrono::seconds(7));
      }
    }
  }
}

TEST_CASE(
    "for every API a connection that fails is a reason to try again, and the lines are suspect if they had left") {
  struct {
    const char* name;
    std::function<void(int)> behave;
    Expected expected;
  } const cases[] = {{"silent", [](int c) { RawServer::AwaitEnd(c); }, {Action::kRetry, ErrorCode::kTimeout, {}, true}},
                     {"reset after the body", [](int c) { RawServer::ReadBody(c), RawServer::Reset(c); }, kFails},
                     {"closed after the body", [](int c) { RawServer::ReadBody(c); }, kFails},
                     {"body cut short",
                      [](int c) {
                        RawServer::ReadBody(c);
                        RawServer::Write(
                            c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 900\r\n\r\n{\"error\":\"partial wri");
                      },
                      kFails}};
  for (const InfluxApi api : kApis) {
    for (const auto& row : cases) {
      INFO("API v" << static_cast<int>(api) << ' ' << row.name);
      RawServer server(row.behave);
      InfluxTarget target = TargetAt(server.url(), api);
      target.timeout = std::chrono::milliseconds(300);
      SinkWorld world(target);
      CheckVerdict(world.Send(), row.expected);
    }
  }
}

std::shared_ptr<const Batch> PackedLines(const std::string& packed) {
  return std::make_shared<const Batch>(Lines{kLines, 3, 1, 3}, std::make_shared<const std::string>(packed));
}

TEST_CASE("lines that were compressed already are sent as those bytes") {
  std::string body;
  {
    RawServer server([&](int connection) {
      body = RawServer::ReadBody(connection);
      RawServer::Write(connection, "HTTP/1.1 204 No Content\r\n\r\n");
    });
    SinkWorld world(TargetAt(server.url()));
    CHECK(world.Send(PackedLines("not gzip, and so not made here")).action == Action::kAck);
  }
  CHECK(body == "not gzip, and so not made here");
}

TEST_CASE("lines that were compressed already are sent plain where the target takes no gzip") {
  ScriptedServer server(Answer(204));
  InfluxTarget target = TargetAt(server.url());
  target.gzip = false;
  SinkWorld world(target);
  CHECK(world.Send(PackedLines(GzipCompressor().Compress(kLines).value())).action == Action::kAck);
  CHECK(server.requests().at(0).body == kLines);
  CHECK_FALSE(server.requests().at(0).has_header("Content-Encoding"));
}

}  // namespace
}  // namespace vmtelem

#include <catch2/catch.hpp>

#include "outcome_world.h"

namespace vmtelem {
namespace {

// Bodies as the servers send them, for a batch of ten lines.
struct Row {
  const char* what;
  int status;
  std::string body;
  Action action;
  Indices lines;
};

void CheckRows(InfluxApi api, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.what);
    const Verdict verdict = Classify(Target(api), Http(row.status, row.body), NumberedLines(10));
    CHECK(verdict.action == row.action);
    CHECK(verdict.lines == row.lines);
    CHECK(verdict.cause == ErrorCode::kRefusedData);
  }
}

const std::string kV3Partial =
    R"({"error":"partial write of line protocol occurred","data":[{"error_message":"No fields were provided",)"
    R"("line_number":2,"original_line":"m,l=L2 v= 1"},{"error_message":"No fields were provided","line_number":7,)"
    R"("original_line":"m,l=L7 v= 1"}]})";

TEST_CASE("answers of v3 are understood") {
  CheckRows(
      InfluxApi::kV3,
      {
          {"partial write", 400, kV3Partial, Action::kAckPartly, {1, 6}},
          {"partial write over a limit of the schema", 422, kV3Partial, Action::kAckPartly, {1, 6}},
          {"the same line twice",
           400,
           R"({"error":"e","data":[{"line_number":3},{"line_number":3}]})",
           Action::kAckPartly,
           {2}},
          {"nothing stored, one line named",
           400,
           R"({"error":"line protocol parsing error","data":{"error_message":"bad","line_number":1,"original_line":"x"}})",
           Action::kRefuse,
           {0}},
          {"3.0 says it in other words",
           400,
           R"({"error":"parsing failed for write_lp endpoint","data":{"error_message":"bad","line_number":10}})",
           Action::kRefuse,
           {9}},
          {"line 0 does not exist", 400, R"({"error":"e","data":[{"line_number":0}]})", Action::kRefuse, {}},
          {"line 11 does not exist", 400, R"({"error":"e","data":[{"line_number":11}]})", Action::kRefuse, {}},
          {"a negative line", 400, R"({"error":"e","data":[{"line_number":-1}]})", Action::kRefuse, {}},
          {"a line that is text", 400, R"({"error":"e","data":[{"line_number":"seven"}]})", Action::kRefuse, {}},
          {"an entry without a line", 400, R"({"error":"e","data":[{"error_message":"bad"}]})", Action::kRefuse, {}},
          {"an object without a line", 400, R"({"error":"e","data":{"error_message":"bad"}})", Action::kRefuse, {}},
          {"more entries than lines",
           400,
           R"({"error":"e","data":[{"line_number":1},{"line_number":1},{"line_number":1},{"line_number":1},)"
           R"({"line_number":1},{"line_number":1},{"line_number":1},{"line_number":1},{"line_number":1},)"
           R"({"line_number":1},{"line_number":1}]})",
           Action::kRefuse,
           {}},
          {"a list that is cut off", 400, kV3Partial.substr(0, 150), Action::kRefuse, {}},
          {"a list that is cut off, with a 422", 422, kV3Partial.substr(0, 150), Action::kRefuse, {}},
          {"an empty list with a 422",
           422,
           R"({"error":"partial write of line protocol occurred","data":[]})",
           Action::kRefuse,
           {}},
          {"an empty list",
           400,
           R"({"error":"partial write of line protocol occurred","data":[]})",
           Action::kRefuse,
           {}},
          {"a byte that is not UTF-8",
           400,
           "body content is not valid utf8: invalid utf-8 sequence",
           Action::kRefuse,
           {}},
          {"its v2 API names no line",
           400,
           R"({"code":"invalid","message":"write buffer error: line protocol parse failed: bad"})",
           Action::kRefuse,
           {}},
          {"a malformed header",
           400,
           "Authorization header was malformed, the request was not in the form of 'Authorization: <auth-scheme> "
           "<token>'",
           Action::kRefuse,
           {}},
          {"an empty write", 400, "incoming write was empty", Action::kRefuse, {}},
          {"a limit of databases",
           422,
           R"({"error":"Adding a new database would exceed limit of 5 databases"})",
           Action::kRefuse,
           {}},
          {"an HTML page that has the words", 400, "<html>parse error in line protocol</html>", Action::kRefuse, {}},
      });
}

TEST_CASE("answers of v2 are understood") {
  CheckRows(
      InfluxApi::kV2,
      {
          {"one line quoted",
           400,
           R"({"code":"invalid","message":"unable to parse 'm,l=L3 v=3i 1': missing fields"})",
           Action::kRefuse,
           {2}},
          {"several lines quoted",
           400,
           R"({"code":"invalid","message":"unable to parse 'm,l=L9 v=9i 1': bad\nunable to parse 'm,l=L1 v=1i 1': bad"})",
           Action::kRefuse,
           {0, 8}},
          {"a reason with quotation marks of its own",
           400,
           R"({"code":"invalid","message":"unable to parse 'm,l=L3 v=3i 1': invalid field 'v' in 'm'"})",
           Action::kRefuse,
           {2}},
          {"a quoted line that was not sent",
           400,
           R"({"code":"invalid","message":"unable to parse 'other': bad"})",
           Action::kRefuse,
           {}},
          {"a part of a line is not the line",
           400,
           R"({"code":"invalid","message":"unable to parse 'm,l=L3': bad"})",
           Action::kRefuse,
           {}},
          {"stored but for some",
           422,
           R"({"code":"unprocessable entity","message":"failure writing points to database: partial write: field type conflict: input field \"v\" dropped=4"})",
           Action::kRefuse,
           {}},
          {"a count above the lines",
           422,
           R"({"message":"partial write: dropped=99999999999999999999999"})",
           Action::kRefuse,
           {}},
          {"no count", 422, R"({"message":"partial write: something"})", Action::kRefuse, {}},
          {"another 422", 422, R"({"code":"unprocessable entity","message":"no"})", Action::kRefuse, {}},
          {"the precision",
           400,
           R"({"code":"invalid","message":"invalid precision; valid precision units are ns"})",
           Action::kRefuse,
           {}},
          {"QuestDB names a line",
           400,
           R"({"code":"invalid","message":"failed to parse line protocol:errors encountered on line(s):\nerror in line 2","line":2,"errorId":"x"})",
           Action::kRefuse,
           {1}},
          {"QuestDB's line 0 is no line",
           400,
           R"({"code":"invalid","message":"unsupported precision","line":0})",
           Action::kRefuse,
           {}},
          {"QuestDB's line out of range", 400, R"({"code":"invalid","message":"no","line":11})", Action::kRefuse, {}},
      });
}

TEST_CASE("answers of v1 and of those who speak it are understood") {
  CheckRows(
      InfluxApi::kV1,
      {
          {"parse errors, the rest stored",
           400,
           R"({"error":"partial write: unable to parse 'm,l=L2 v=2i 1': bad\nunable to parse 'm,l=L5 v=5i 1': bad dropped=0"})",
           Action::kAckPartly,
           {1, 4}},
          {"parse errors of lines that are not known",
           400,
           R"({"error":"partial write: unable to parse 'x': bad\nunable to parse 'm,l=L5 v=5i 1': bad dropped=0"})",
           Action::kRefuse,
           {4}},
          {"every line bad", 400, R"({"error":"unable to parse 'm,l=L2 v=2i 1': bad"})", Action::kRefuse, {1}},
          {"a type conflict",
           400,
           R"({"error":"partial write: field type conflict: input field \"v\" on measurement \"m\" is type integer, already exists as type float dropped=3"})",
           Action::kRefuse,
           {}},
          {"beyond the retention",
           400,
           R"({"error":"partial write: points beyond retention policy dropped=10"})",
           Action::kRefuse,
           {}},
          {"VictoriaMetrics refuses a line", 400, "cannot unmarshal line \"m,l=L3 v=3i 1\"", Action::kRefuse, {}},
          {"VictoriaMetrics does not know the path",
           400,
           "unsupported path requested: /api/v3/write_lp",
           Action::kRefuse,
           {}},
      });
}

TEST_CASE("lines that are the same are all taken out when one is quoted") {
  const Batch twins(Lines{"a v=1 1\nb v=1 1\na v=1 1\n", 3, 1, 1});
  const Verdict verdict =
      Classify(Target(InfluxApi::kV2), Http(400, R"({"message":"unable to parse 'a v=1 1': bad"})"), twins);
  CHECK(verdict.lines == Indices{0, 2});
}

TEST_CASE("a line that begins another is not taken for it") {
  const Batch batch(Lines{"a v=1 1\na v=1 100\n", 2, 1, 1});
  const auto quote = [&](const std::string& line) {
    return Classify(Target(InfluxApi::kV2), Http(400, "unable to parse '" + line + "': bad"), batch);
  };
  CHECK(quote("a v=1 1").lines == Indices{0});
  CHECK(quote("a v=1 100").lines == Indices{1});
  CHECK(quote("a v=1 10").action == Action::kRefuse);
}

TEST_CASE("the end of a quoted line with a quotation mark in it is found by the line, not by the mark") {
  const Batch batch(Lines{"a,t=x v=1 1\na,t=x':\\ y v=1 1\n", 2, 1, 1});
  const std::string body = R"({"message":"unable to parse 'a,t=x':\\ y v=1 1': bad"})";
  CHECK(Classify(Target(InfluxApi::kV2), Http(400, body), batch).lines == Indices{1});
}

TEST_CASE("a rejection says why in the server's words, and how many other reasons there are") {
  const std::string body =
      R"({"error":"e","data":[{"error_message":"No fields","line_number":2},)"
      R"({"error_message":"Bad type","line_number":3},{"error_message":"No fields","line_number":4}]})";
  CHECK(Classify(Target(), Http(400, body), NumberedLines(10)).reason ==
        "InfluxDB at http://db:8181 refuses data (HTTP 400): No fields (and 1 other reasons)");
}

}  // namespace
}  // namespace vmtelem

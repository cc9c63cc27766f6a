#include "base/log.h"

#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/ostream_sink.h>

namespace vmtelem {
namespace {

std::string Logged(LogFormat format, const std::string& text, LogLevel threshold = LogLevel::kInfo) {
  std::ostringstream out;
  const auto log = MakeLogger(std::make_shared<spdlog::sinks::ostream_sink_mt>(out), format, threshold);
  log->warn(text);
  return out.str();
}

TEST_CASE("the journal gets a priority and no time of its own") {
  CHECK(Logged(LogFormat::kJournald, "lost") == "<4>lost\n");
}

TEST_CASE("a terminal gets the time of day, the level and the message") {
  CHECK_THAT(Logged(LogFormat::kText, "lost"), Catch::Matches("[0-9:]{8} warn: lost\n"));
}

TEST_CASE("logfmt quotes the message") {
  CHECK_THAT(Logged(LogFormat::kLogfmt, R"(a "b" c)"),
             Catch::Matches(R"(time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=warn msg="a \\"b\\" c"\n)"));
}

TEST_CASE("a line of json is a valid document even if the message is not valid UTF-8") {
  const auto json = nlohmann::json::parse(Logged(LogFormat::kJson, "bad \xFF \"quoted\" \n end"));
  CHECK(json["level"] == "warn");
  CHECK(json["msg"] == "bad \xEF\xBF\xBD \"quoted\" \n end");
}

TEST_CASE("an event is one line whatever its message holds") {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJournald, LogFormat::kLogfmt, LogFormat::kJson}) {
    const std::string line = Logged(format, "one\ntwo\r\x1B[31m");
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    CHECK(line.find('\r') == std::string::npos);
    CHECK(line.find('\x1B') == std::string::npos);
  }
}

TEST_CASE("nothing that a message brings along hides in a line of any format") {
  const auto* hidden = GENERATE("\u009b31m", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\x7f");
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJournald, LogFormat::kLogfmt, LogFormat::kJson}) {
    const std::string line = Logged(format, std::string("VM 'a") + hidden + "'");
    CHECK(line.find(hidden) == std::string::npos);
    CHECK(line.find("'a\\u") != std::string::npos);
  }
}

TEST_CASE("a reader of json gets a message as it was") {
  const std::string message = "VM 'bü\u202e\u009b\u200b\U000E0041'";
  CHECK(nlohmann::json::parse(Logged(LogFormat::kJson, message))["msg"] == message);
}

TEST_CASE("a line has no bytes that are not UTF-8") {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJournald, LogFormat::kLogfmt, LogFormat::kJson}) {
    CHECK(Logged(format, "a\x9b\xff").find("a\uFFFD\uFFFD") != std::string::npos);
  }
}

TEST_CASE("messages below the threshold are not written") {
  CHECK(Logged(LogFormat::kText, "lost", LogLevel::kError).empty());
}

TEST_CASE("the names of the levels are those of the command line") {
  CHECK(ParseLogLevel("trace") == LogLevel::kTrace);
  CHECK(ParseLogLevel("warn") == LogLevel::kWarn);
  CHECK_FALSE(ParseLogLevel("loud").has_value());
}

}  // namespace
}  // namespace vmtelem

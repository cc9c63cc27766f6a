#include "influx/request.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

InfluxTarget Target(InfluxApi api, const std::string& url = "http://db:8181") {
  InfluxTarget target;
  target.api = api;
  target.url = url;
  target.database = "vm stats";
  target.org = "a&b";
  target.token = Secret("tok");
  return target;
}

TEST_CASE("each API has its address, with explicit precision and names encoded") {
  CHECK(*WriteUrl(Target(InfluxApi::kV3)) == "http://db:8181/api/v3/write_lp?db=vm%20stats&precision=nanosecond");
  CHECK(*WriteUrl(Target(InfluxApi::kV2)) == "http://db:8181/api/v2/write?bucket=vm%20stats&org=a%26b&precision=ns");
  CHECK(*WriteUrl(Target(InfluxApi::kV1)) == "http://db:8181/write?db=vm%20stats&precision=ns");
}

TEST_CASE("v1 names the retention policy if there is one") {
  InfluxTarget target = Target(InfluxApi::kV1);
  target.retention_policy = "two/weeks";
  CHECK(*WriteUrl(target) == "http://db:8181/write?db=vm%20stats&rp=two%2Fweeks&precision=ns");
}

TEST_CASE("a path in the URL is kept, whatever slash ends it") {
  for (const char* const url : {"https://db/influx", "https://db/influx/", "https://db/influx//"}) {
    CHECK(*WriteUrl(Target(InfluxApi::kV1, url)) == "https://db/influx/write?db=vm%20stats&precision=ns");
  }
}

TEST_CASE("a URL that is not plain http or https is refused, and its text is not repeated") {
  for (const char* const url : {"", "db:8181:1", "ftp://db", "http://user:pa55word@db", "http://db?u=a&p=pa55word",
                                "http://db/#pa55word", "file:///etc/passwd", "http://", "http://db:notaport"}) {
    INFO(url);
    const auto refused = WriteUrl(Target(InfluxApi::kV3, url));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kInvalid);
    CHECK(refused.error().message.find("pa55word") == std::string::npos);
  }
}

TEST_CASE("a shown URL is scheme, host and port and nothing else") {
  CHECK(DisplayUrl("http://user:pa55word@db:8086/path?p=pa55word") == "http://db:8086");
  CHECK(DisplayUrl("https://db") == "https://db");
  CHECK(DisplayUrl("https://[::1]:8181/x") == "https://[::1]:8181");
}

TEST_CASE("each API has its way to carry the token") {
  CHECK(Authorization(Target(InfluxApi::kV3)).Reveal() == "Bearer tok");
  CHECK(Authorization(Target(InfluxApi::kV2)).Reveal() == "Token tok");
}

TEST_CASE("v1 carries user and password in base64") {
  const std::pair<const char*, const char*> cases[] = {
      {"", "OnRvaw=="}, {"u", "dTp0b2s="}, {"us", "dXM6dG9r"}, {"us\xFF", "dXP/OnRvaw=="}};
  for (const auto& [user, encoded] : cases) {
    InfluxTarget target = Target(InfluxApi::kV1);
    target.user = user;
    CHECK(Authorization(target).Reveal() == std::string("Basic ") + encoded);
  }
}

TEST_CASE("without user and token nothing is sent") {
  for (const InfluxApi api : {InfluxApi::kV1, InfluxApi::kV2, InfluxApi::kV3}) {
    InfluxTarget target = Target(api);
    target.token = Secret();
    CHECK(Authorization(target).empty());
  }
}

}  // namespace
}  // namespace vmtelem

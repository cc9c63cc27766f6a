#include "spool/spool_target.h"

#include <set>
#include <utility>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

InfluxTarget Target(InfluxApi api, std::string url, std::string database) {
  InfluxTarget target;
  target.api = api;
  target.url = std::move(url);
  target.database = std::move(database);
  return target;
}

std::string Name(std::string url, std::string database = "db", InfluxApi api = InfluxApi::kV3) {
  return SpoolTargetName(Target(api, std::move(url), std::move(database)));
}

// With an organisation and a retention policy, whether the API has such or not.
std::string NameIn(InfluxApi api, const std::string& part) {
  InfluxTarget target = Target(api, "http://a:1", "db");
  target.org = target.retention_policy = part;
  return SpoolTargetName(target);
}

TEST_CASE("the directory of a target is named after API, server and database") {
  CHECK(Name("http://influx.example:8181", "vm telemetry") == "v3_http%3A%2F%2Finflux.example%3A8181_vm%20telemetry");
}

TEST_CASE("different targets have different directories") {
  const std::set<std::string> names{Name("http://a:1"),          Name("http://a:2"),
                                    Name("https://a:1"),         Name("http://b:1"),
                                    Name("http://a:1", "dB"),    Name("http://a:1", "db", InfluxApi::kV1),
                                    Name("http://a:1/prefix"),   Name("http://a:1", "d_b"),
                                    Name("http://a:1", "d%5Fb"), Name("http://a:1", "d\xC3_b"),
                                    Name("http://a:1_db", "db"), Name("http://a:1", "db", InfluxApi::kV2),
                                    Name("http://a:1", "db_db")};
  CHECK(names.size() == 13);
}

TEST_CASE("buckets of two organisations, and retention policies, have different directories") {
  const InfluxApi api = GENERATE(InfluxApi::kV1, InfluxApi::kV2);
  const std::set<std::string> names{NameIn(api, ""), NameIn(api, "a"), NameIn(api, "b"), NameIn(api, "a_b")};
  CHECK(names.size() == 4);
  CHECK(NameIn(api, "") == Name("http://a:1", "db", api));
  CHECK(NameIn(InfluxApi::kV3, "a") == NameIn(InfluxApi::kV3, "b"));
}

TEST_CASE("spellings of one server share a directory") {
  CHECK(Name("http://host") == Name("HTTP://HOST:80/"));
  CHECK(Name("https://host") == Name("https://Host:443//"));
  CHECK(Name("http://[::1]") == Name("http://[::1]:80"));
}

TEST_CASE("the directory of a target shows neither user nor password nor query") {
  const auto url = GENERATE(
      values<std::string>({"http://secret@host:1", "http://user:secret@host:1", "http://user:sec/secret@host:1",
                           "http://host:1?token=secret", "http://host:1/#secret", "http://u:p@secret@host:1"}));
  CAPTURE(url);
  CHECK_THAT(Name(url), !Catch::Contains("secret") && !Catch::Contains("user"));
  CHECK(Name(url) == Name("http://host:1"));
}

TEST_CASE("a name that would be too long is cut, and still differs") {
  const std::string database(300, 'd');
  CHECK(Name("http://host", database).size() == kMaxSpoolTargetName);
  CHECK(Name("http://host", database + "x") != Name("http://host", database + "y"));
  CHECK(IsSpoolTargetName(Name("http://host", database)));
}

TEST_CASE("only names of targets are taken for such") {
  CHECK(IsSpoolTargetName(Name("http://host", "../../etc")));
  const auto other = GENERATE(values<std::string>({"", "v3", "lost+found", "v4_x", "v3_a/b", "v3_ x", "..", "V3_x"}));
  CHECK_FALSE(IsSpoolTargetName(other));
}

}  // namespace
}  // namespace vmtelem

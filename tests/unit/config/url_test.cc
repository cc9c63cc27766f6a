#include "config/url.h"

#include <catch2/catch.hpp>

namespace vmtelem {

TEST_CASE("the URL of a database is accepted") {
  const auto* const url = GENERATE("http://127.0.0.1:8181", "https://influx.example", "http://[::1]:8086/",
                                   "https://example/influx/write", "http://a_b-c.d:1", "http://h:65535");
  CAPTURE(url);
  CHECK_FALSE(CheckInfluxUrl(url));
}

TEST_CASE("the URL of a database is refused") {
  struct Row {
    const char* url;
    const char* problem;
  };
  const auto row = GENERATE(Row{"influx.example:8181", "begin with http://"}, Row{"ftp://h", "begin with http://"},
                            Row{"http://", "host name"}, Row{"http:///path", "host name"},
                            Row{"http://:80", "host name"}, Row{"http://h:", "port"}, Row{"http://h:0", "port"},
                            Row{"http://h:65536", "port"}, Row{"http://h:8x", "port"}, Row{"http://[::1", "host name"},
                            Row{"http://user:pass@h", "user or password"}, Row{"http://h/?db=x", "query"},
                            Row{"http://h/a@b", "write %40"}, Row{"http://h/#x", "fragment"},
                            Row{"http://h /", "space"}, Row{"http://h\n", "space or a control"});
  CAPTURE(row.url);
  const auto problem = CheckInfluxUrl(row.url);
  REQUIRE(problem);
  CHECK_THAT(*problem, Catch::Contains(row.problem));
  CHECK_THAT(*problem, !Catch::Contains("pass@"));
}

}  // namespace vmtelem

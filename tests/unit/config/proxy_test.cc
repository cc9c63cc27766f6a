#include "config/proxy.h"

#include "config/proxy_exemption.h"
#include "config_fixture.h"

namespace vmtelem {
namespace {

LoadedConfig With(const std::map<std::string, std::string>& variables,
                  const std::string& url = "https://db.example:8181") {
  Inputs inputs = ForRun();
  inputs.SetComplete().Set("INFLUX_URL", url);
  for (const auto& [name, value] : variables) inputs.Set(name, value);
  return inputs.Load();
}

TEST_CASE("the proxy is the first that is set of the variables that libcurl reads") {
  struct Row {
    const char* url;
    std::map<std::string, std::string> variables;
    const char* variable;
  };
  const auto row = GENERATE(values<Row>({
      {"https://db", {{"https_proxy", "p"}, {"HTTPS_PROXY", "q"}, {"all_proxy", "q"}}, "https_proxy"},
      {"https://db", {{"https_proxy", ""}, {"HTTPS_PROXY", "p"}, {"all_proxy", "q"}}, "HTTPS_PROXY"},
      {"https://db", {{"http_proxy", "q"}, {"all_proxy", "p"}, {"ALL_PROXY", "q"}}, "all_proxy"},
      {"https://db", {{"http_proxy", "q"}, {"ALL_PROXY", "p"}}, "ALL_PROXY"},
      {"http://db", {{"http_proxy", "p"}, {"https_proxy", "q"}, {"all_proxy", "q"}}, "http_proxy"},
      {"http://db", {{"HTTP_PROXY", "q"}, {"all_proxy", "p"}}, "all_proxy"},
  }));
  const Proxy proxy = With(row.variables, row.url).config.influx.proxy;
  CHECK(proxy.variable == row.variable);
  CHECK(proxy.url == "http://p");
}

TEST_CASE("without a variable there is no proxy") {
  CHECK(With({{"http_proxy", "p"}, {"HTTP_PROXY", "p"}}).config.influx.proxy.url.empty());
  CHECK(With({{"https_proxy", "p"}, {"HTTP_PROXY", "p"}}, "http://db").config.influx.proxy.url.empty());
}

TEST_CASE("a host that no_proxy names is reached without a proxy") {
  for (const char* const name : {"no_proxy", "NO_PROXY"}) {
    CHECK(With({{"https_proxy", "p"}, {name, "localhost,.example"}}).config.influx.proxy.url.empty());
    CHECK(With({{"https_proxy", "joe:no port:x"}, {name, "*"}}).faults.empty());
    CHECK(With({{"https_proxy", "p"}, {name, "other"}}).config.influx.proxy.url == "http://p");
  }
}

TEST_CASE("no_proxy is read as libcurl reads it") {
  struct Row {
    const char *host, *list;
    bool exempt;
  };
  const auto row = GENERATE(
      Row{"db.example", "*", true}, Row{"db.example", "example", true}, Row{"db.example", ".example", true},
      Row{"db.example", "DB.Example", true}, Row{"db.example", "a, b\tdb.example", true},
      Row{"db.example.", "db.example", true}, Row{"db.example", "db.example.", true},
      Row{"mydb.example", "db.example", false}, Row{"db.example", "x.db.example", false}, Row{"db.example", "", false},
      Row{"db.example", ",", false}, Row{"10.1.2.3", "10.1.2.3", true}, Row{"10.1.2.3", "10.0.0.0/8", true},
      Row{"10.1.2.3", "10.1.2.0/30", true}, Row{"10.1.2.4", "10.1.2.0/30", false}, Row{"10.1.2.3", "2.3", false},
      Row{"10.1.2.3", "10.0.0.0/33", false}, Row{"fd00::1", "fd00::/8", true}, Row{"fd00::1", "[fd00::1]", true},
      Row{"fe00::1", "fd00::/8", false});
  CAPTURE(row.host, row.list);
  CHECK(IsExempt(row.host, row.list) == row.exempt);
}

TEST_CASE("user and password stand apart from the address of a proxy") {
  const Proxy proxy = With({{"https_proxy", "HTTP://joe:Pr0xy%40S3cret@[::1]:3128/"}}).config.influx.proxy;
  CHECK(proxy.url == "http://[::1]:3128");
  CHECK(proxy.login.Reveal() == "joe:Pr0xy%40S3cret");
  CHECK(ShownProxy(proxy) == "http://***@[::1]:3128");
  CHECK(ShownProxy(With({{"https_proxy", "socks5h://p:1"}}).config.influx.proxy) == "socks5h://p:1");
}

TEST_CASE("a bad proxy is a fault that names the variable and repeats nothing") {
  struct Row {
    const char *value, *problem;
  };
  const auto row =
      GENERATE(Row{"joe:Pr0xyS3cret@prox y:3128", "space"}, Row{"http://joe:Pr0xyS3cret@prox:port", "port number"},
               Row{"joe:Pr0xyS3cret", "port number"}, Row{"http://joe:Pr0xyS3cret@", "host name"},
               Row{"ftp://joe:Pr0xyS3cret@prox", "begin with"}, Row{"http://joe:Pr0xy/S3cret@prox", "write %40"},
               Row{"http://joe:Pr0xy@S3cret@prox", "write %40"}, Row{"http://joe:Pr0xyS3cret@prox:0", "port number"});
  CAPTURE(row.value);
  const LoadedConfig loaded = With({{"https_proxy", row.value}});
  REQUIRE(loaded.faults.size() == 1);
  CHECK_THAT(loaded.faults[0].text, Catch::StartsWith("https_proxy: ") && Catch::Contains(row.problem));
  CHECK_THAT(loaded.faults[0].text, !Catch::Contains("Pr0xy") && !Catch::Contains("S3cret") && !Catch::Contains("joe"));
  CHECK(loaded.faults[0].concerns_database);
}

TEST_CASE("a proxy is of no concern where nothing is uploaded") {
  Inputs inputs = ForRun().SetComplete().Set("https_proxy", "joe:x y").Set("http_proxy", "joe:x y");
  inputs.input.needs_database = false;
  CHECK(inputs.Load().faults.empty());
}

}  // namespace
}  // namespace vmtelem

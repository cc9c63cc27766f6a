#include <sys/stat.h>

#include "config/listen_address.h"
#include "config_fixture.h"

namespace vmtelem {
namespace {

using Kind = ListenAddress::Kind;

ListenAddress Parsed(const std::string& text) {
  ListenAddress address;
  CAPTURE(text);
  CHECK(ParseListenAddress(text, address) == std::nullopt);
  CHECK(address.text == text);
  return address;
}

Inputs Listening(const std::string& address) {
  Inputs inputs = ForRun().SetComplete().Set("LISTEN", address);
  inputs.input.may_listen = true;
  return inputs;
}

}  // namespace

TEST_CASE("an address to listen on is an IPv4 or IPv6 address with a port, or a path") {
  const ListenAddress ip4 = Parsed("192.0.2.1:9177");
  CHECK((ip4.kind == Kind::kIp4 && ip4.port == 9177 && ip4.ip[0] == 192 && ip4.ip[3] == 1));
  const ListenAddress ip6 = Parsed("[2001:db8::1]:80");
  CHECK((ip6.kind == Kind::kIp6 && ip6.port == 80 && ip6.ip[0] == 0x20 && ip6.ip[15] == 1));
  CHECK(Parsed("unix:/run/vmtelem/control").path() == "/run/vmtelem/control");
  CHECK(Parsed("unix:s").path() == "s");
}

TEST_CASE("an IPv4 address that is written as IPv6 is the IPv4 address") {
  const ListenAddress mapped = Parsed("[::ffff:127.0.0.1]:9177");
  CHECK((mapped.kind == Kind::kIp4 && mapped.ip == Parsed("127.0.0.1:9177").ip));
}

TEST_CASE("what only this machine reaches is told from what others reach") {
  for (const char* local : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "unix:/s"})
    CHECK(Parsed(local).is_local());
  for (const char* other : {"0.0.0.0:1", "[::]:1", "128.0.0.1:1", "[::2]:1", "[2001::1]:1", "[::ffff:10.0.0.1]:1"}) {
    CHECK_FALSE(Parsed(other).is_local());
  }
  for (const char* all : {"0.0.0.0:1", "[::]:1", "[::ffff:0.0.0.0]:1"}) CHECK(Parsed(all).is_wildcard());
  for (const char* one : {"127.0.0.1:1", "[::1]:1", "unix:/s"}) CHECK_FALSE(Parsed(one).is_wildcard());
}

TEST_CASE("any other form of an address to listen on is refused") {
  const std::string text =
      GENERATE(as<std::string>(), ":9177", "localhost:9177", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
               "127.0.0.1:65536", "127.0.0.1:70000", "127.0.0.1:http", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1",
               "*:9177", "9177", "http", "::1:9177", "[::1]", "[::1]9177", "[127.0.0.1]:9177", "[localhost]:9177",
               "[::1", "127.1:9177", "0x7f.0.0.1:9177", "127.0.0.1:9177/", "http://127.0.0.1:9177",
               "[fe80::1%eth0]:9177", "unix:", "unix:/a\nb", "unix/run/s", "off", " 127.0.0.1:9177");
  CAPTURE(text);
  ListenAddress address;
  CHECK(ParseListenAddress(text, address));
}

TEST_CASE("a path of 107 bytes fits into a unix socket, and one of 108 does not") {
  ListenAddress address;
  CHECK_FALSE(ParseListenAddress("unix:/" + std::string(106, 'p'), address));
  CHECK(ParseListenAddress("unix:/" + std::string(107, 'p'), address));
}

TEST_CASE("a bad address to listen on is reported with the three forms that there are") {
  Inputs inputs = Listening("localhost:9177");
  const LoadedConfig loaded = inputs.Load();
  CHECK_FALSE(loaded.config.listen.address);
  CHECK(Texts(loaded.faults) ==
        std::vector<std::string>{"LISTEN: 'localhost:9177' has no usable address: a name is none, and one with "
                                 "colons needs brackets; allowed ADDR:PORT, [ADDR]:PORT, unix:PATH (environment)"});
}

TEST_CASE("further hosts are names separated by commas, with or without a port") {
  std::vector<std::string> hosts;
  CHECK_FALSE(ParseListenHosts("vm.example, proxy.example:8443,[2001:db8::1]:80", hosts));
  CHECK(hosts == std::vector<std::string>{"vm.example", "proxy.example:8443", "[2001:db8::1]:80"});
  for (const char* text : {",", "https://vm.example", "a b", "a/b", "a:0", "a:b", "*"}) {
    CAPTURE(text);
    CHECK(ParseListenHosts(text, hosts));
  }
}

TEST_CASE("a server that other machines reach needs a token file") {
  Inputs inputs = Listening("0.0.0.0:9177");
  const LoadedConfig loaded = inputs.Load();
  CHECK(Texts(loaded.faults) ==
        std::vector<std::string>{
            "LISTEN: '0.0.0.0:9177' can be reached from other machines, which needs a token; set LISTEN_TOKEN_FILE"});
  CHECK_FALSE(loaded.faults[0].from_argument);
  CHECK(Listening("127.0.0.1:9177").Load().faults.empty());
  CHECK(Listening("unix:/run/s").Load().faults.empty());
}

TEST_CASE("a token file of the server that holds no token is a fault") {
  const ScopedDirectory directory;
  const auto faults_with = [&](const std::string& file) {
    Inputs inputs = Listening("127.0.0.1:9177").Set("LISTEN_TOKEN_FILE", file);
    return Texts(inputs.Load().faults);
  };
  CHECK(faults_with(directory.Write("good", "T0ken\r\n")).empty());
  const std::string empty = directory.Write("empty", "\n");
  CHECK(faults_with(empty) == std::vector<std::string>{"LISTEN_TOKEN_FILE: " + empty + " is empty"});
  CHECK_THAT(faults_with(directory.path() + "/none").at(0), Catch::StartsWith("LISTEN_TOKEN_FILE: cannot read "));
}

TEST_CASE("a token file of the server that others may read is warned of") {
  const ScopedDirectory directory;
  const std::string file = directory.Write("token", "T0ken\n");
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  Inputs inputs = Listening("127.0.0.1:9177");
  inputs.Flag("--listen-token-file", file);
  const LoadedConfig loaded = inputs.Load();
  REQUIRE(loaded.warnings.size() == 1);
  CHECK_THAT(loaded.warnings[0], Catch::StartsWith("--listen-token-file: the permissions of "));
}

TEST_CASE("the token file of a server that is off is not read") {
  Inputs inputs = ForRun().SetComplete().Set("LISTEN_TOKEN_FILE", "/nonexistent");
  inputs.input.may_listen = true;
  CHECK(inputs.Load().faults.empty());
}

TEST_CASE("a command without a server does not read its token file") {
  Inputs inputs = ForRun().SetComplete().Set("LISTEN", "0.0.0.0:9177").Set("LISTEN_TOKEN_FILE", "/nonexistent");
  CHECK(inputs.Load().faults.empty());
}

}  // namespace vmtelem

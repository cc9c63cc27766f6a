#include "libvirt/api/uri.h"

#include <catch2/catch.hpp>

#include "base/url.h"

namespace vmtelem {
namespace {

TEST_CASE("a password is taken out of a message, also where libvirt decoded it") {
  const std::string uri = "x://u:p%40ss@h/";
  CHECK(WithoutPassword("no driver for x://u:p%40ss@h/ (p@ss)", uri) == "no driver for x://***@h/ (***)");
}

TEST_CASE("secrets are taken out of a message wherever the URI has them") {
  const auto uri = GENERATE(values<std::string>({
      "qemu+libssh://u:geheim@h/system",
      "qemu+libssh://u:geheim@h/system?socket=/a@b",
      "u:geheim@h",
      "u:geheim@h/?x=a://b",
      "qemu+ssh:root:geheim@h/system",
      "esx://h/?password=geheim",
      "esx://h/?no_verify=1&password=geh%65im",
      "esx://h/?geheim",
      "esx:h?command=geheim;x=geh",
  }));
  CAPTURE(uri);
  CHECK(WithoutPassword("'geheim' was refused by host 10", uri) == "'***' was refused by host 10");
}

TEST_CASE("a URI that a message quotes is quoted as it is shown") {
  const std::string uri = "esx://root:geheim@h/?command=nc";
  CHECK(WithoutPassword("no driver for " + uri, uri) == "no driver for " + MaskUrl(uri));
}

TEST_CASE("a message about a URI without a password stays as it is") {
  CHECK(WithoutPassword("cannot reach host", "qemu+ssh://u@host/system") == "cannot reach host");
}

TEST_CASE("ssh is kept from asking for passwords, whatever the URI says") {
  const auto [uri, opened] = GENERATE(table<std::string, std::string>({
      {"qemu+ssh://h/system", "qemu+ssh://h/system?no_tty=1"},
      {"qemu+ssh://h/system?socket=/s", "qemu+ssh://h/system?socket=/s&no_tty=1"},
      {"qemu+ssh://h/system?no_tty=0", "qemu+ssh://h/system?no_tty=0&no_tty=1"},
      {"qemu+ssh://h/system#part", "qemu+ssh://h/system?no_tty=1#part"},
      {"QEMU+SSH://h/system", "QEMU+SSH://h/system?no_tty=1"},
      {"qemu+libssh://h/system", "qemu+libssh://h/system"},
      {"qemu:///system", "qemu:///system"},
      {"", ""},
  }));
  CHECK(UriWithoutPrompts(uri) == opened);
}

TEST_CASE("programs that libvirt starts for a connection are foreseen") {
  const auto [uri, runs] = GENERATE(table<std::string, bool>({
      {"qemu+ssh://h/system", true},
      {"qemu+SSH://h/system", true},
      {"qemu+ext://h/system?command=/bin/relay", true},
      {"qemu+libssh://h/system", false},
      {"qemu+tls://h/system", false},
      {"qemu:///system", false},
  }));
  CHECK(RunsChild(uri) == runs);
}

TEST_CASE("only the test driver without a daemon is in this process") {
  const auto [uri, in_process] = GENERATE(table<std::string, bool>({
      {"test:///default", true},
      {"test:///a/file.xml", true},
      {"test+unix:///default", false},
      {"test://h/default", false},
      {"qemu:///system", false},
  }));
  CHECK(IsInProcess(uri) == in_process);
}

TEST_CASE("the host is found in a URI") {
  const auto [uri, host] = GENERATE(table<std::string, std::string>({
      {"qemu:///system", ""},
      {"qemu+ssh://root@node7.example:2222/system", "node7.example"},
      {"qemu+tls://node7/system", "node7"},
      {"qemu+tls://[2001:db8::7]:16514/system", "2001:db8::7"},
      {"test:///default", ""},
      {"nonsense", ""},
  }));
  CHECK(UriHost(uri) == host);
}

}  // namespace
}  // namespace vmtelem

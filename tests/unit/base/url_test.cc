#include "base/url.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

TEST_CASE("user, password and query of a URL are masked") {
  const auto [url, masked] = GENERATE(table<std::string, std::string>({
      {"https://u:p@h:1/x", "https://***@h:1/x"},
      {"https://u@h", "https://***@h"},
      {"https://u:p@ss@h", "https://***@h"},
      {"https://u:p/w@h/x", "https://***@h/x"},
      {"https://u:p?w@h/x", "https://***@h/x"},
      {"http://h/?token=x", "http://h/?***"},
      {"u:p@h", "***@h"},
      {"", ""},
  }));
  CHECK(MaskUrl(url) == masked);
}

TEST_CASE("user, password and query of a connection URI are masked") {
  const auto [uri, masked] = GENERATE(table<std::string, std::string>({
      {"qemu:///system", "qemu:///system"},
      {"qemu+ssh://root@h/system?keyfile=k", "qemu+ssh://***@h/system?***"},
      {"qemu+ssh://root@host:22/system", "qemu+ssh://***@host:22/system"},
      {"qemu+libssh://u:geheim@host/system", "qemu+libssh://***@host/system"},
      {"qemu+libssh://u:ge@heim@host/system?x=1", "qemu+libssh://***@host/system?***"},
      {"qemu+libssh://u:ge/heim@host/system", "qemu+libssh://***@host/system"},
      {"qemu+libssh://u:ge?h#m@host/system", "qemu+libssh://***@host/system"},
      {"qemu+tcp://[fe80::1]:16509/system?x=ab", "qemu+tcp://[fe80::1]:16509/system?***"},
      {"qemu+tcp://host:16509/system?socket=/a@b", "qemu+tcp://***@b"},  // as well a password with all of "/?="
      {"u:geheim@host", "***@host"},
      {"qemu+ssh:root:geheim@host/system", "***@host/system"},
      {"u:geheim@host/?x=a://b", "***@host/?***"},
      {"esx:host?password=geheim", "esx:host?***"},
      {"esx://host/?password=geheim", "esx://host/?***"},
  }));
  CHECK(MaskUrl(uri) == masked);
}

TEST_CASE("the parts of a URL are the URL again, whatever it holds") {
  const auto url = GENERATE(values<std::string>({"https://u:p@h:1/x?db=y", "u:p@h", "a?b", "://", "@", "h/a?b@c", ""}));
  CAPTURE(url);
  const UrlParts parts = SplitUrl(url);
  CHECK(std::string(parts.scheme).append(parts.user).append(parts.address).append(parts.query) == url);
}

}  // namespace
}  // namespace vmtelem

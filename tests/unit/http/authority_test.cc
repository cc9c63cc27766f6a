#include "http/authority.h"

#include <catch2/catch.hpp>

namespace vmtelem {

TEST_CASE("a host is a name or an address, with or without a port") {
  const auto named = ParseAuthority("KVM1.Example:9177");
  REQUIRE(named);
  CHECK(named->host == "kvm1.example");
  CHECK(named->port == 9177);
  CHECK_FALSE(named->ip);
  CHECK(ParseAuthority("[::1]:80")->port == 80);
  CHECK(ParseAuthority("[::1]")->port == std::nullopt);
  CHECK(ParseAuthority("localhost")->port == std::nullopt);
}

TEST_CASE("two spellings of one address are the same host") {
  CHECK(ParseAuthority("[::1]")->HasSameHost(*ParseAuthority("[0:0:0:0:0:0:0:1]:1")));
  CHECK(ParseAuthority("127.0.0.1")->HasSameHost(*ParseAuthority("[::ffff:127.0.0.1]")));
  CHECK_FALSE(ParseAuthority("127.0.0.1")->HasSameHost(*ParseAuthority("127.0.0.2")));
  CHECK_FALSE(ParseAuthority("a")->HasSameHost(*ParseAuthority("127.0.0.1")));
}

TEST_CASE("what is no host is none") {
  const char* const text = GENERATE("", ":80", "a b", "a/b", "a@b", "a:b", "a:", "a:65536", "a:-1", "[::1", "[]", "[a]",
                                    "[::1]x", "[127.0.0.1]", "a:80:80", "http://a", "a\tb", "b\u00fcro");
  CAPTURE(text);
  CHECK_FALSE(ParseAuthority(text));
}

TEST_CASE("an origin always has a port") {
  CHECK(ParseOrigin("http://a")->port == 80);
  CHECK(ParseOrigin("https://a")->port == 443);
  CHECK(ParseOrigin("http://a:9177")->port == 9177);
}

TEST_CASE("what is no origin of the web is none") {
  const char* const text =
      GENERATE("null", "", "a", "file://", "ftp://a", "http://", "http://a/", "http://a/b", "HTTP//a", "http:a");
  CAPTURE(text);
  CHECK_FALSE(ParseOrigin(text));
}

}  // namespace vmtelem

#include "base/secret_mask.h"

#include <array>
#include <cctype>
#include <cstdio>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

const std::string kToken = "kJ8v+Zq/3xW0tR5yPm2nLc7aQe9dUg4hBs6fXi1oVw==";

SecretMask Mask() {
  SecretMask mask;
  mask.Add(Secret(kToken));
  return mask;
}

std::string Each(const std::string& text, const std::string& before, const char* format) {
  std::string written;
  for (const char byte : text) {
    std::array<char, 16> digits{};
    std::snprintf(digits.data(), digits.size(), format, static_cast<unsigned char>(byte));
    written += before + digits.data();
  }
  return written;
}

std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string Base64(const std::string& text, const char* last_two = "+/") {
  const std::string alphabet = std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") + last_two;
  std::string written;
  unsigned bits = 0;
  int held = 0;
  for (const char byte : text) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) written += alphabet[(bits >> (held - 6)) & 63];
  }
  if (held > 0) written += alphabet[(bits << (6 - held)) & 63];
  while (written.size() % 4 != 0) written += '=';
  return written;
}

std::string Upper(std::string text) {
  for (char& byte : text) byte = static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
  return text;
}

std::string Lower(std::string text) {
  for (char& byte : text) byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  return text;
}

std::string Percent(const std::string& text) {
  return Replaced(Replaced(Replaced(Replaced(text, "%", "%25"), "+", "%2B"), "/", "%2f"), "=", "%3D");
}

TEST_CASE("a token is struck out in whatever coding a server writes it") {
  const std::string written = GENERATE(values<std::string>({kToken,
                                                            Percent(kToken),
                                                            Each(kToken, "%", "%02X"),
                                                            Each(kToken, "%", "%02x"),
                                                            Percent(Percent(kToken)),
                                                            Percent(Percent(Percent(Percent(kToken)))),
                                                            Each(kToken, "\\u00", "%02x"),
                                                            Each(kToken, "\\x", "%02X"),
                                                            Each(kToken, "\\", "%03o"),
                                                            Replaced(kToken, "/", "\\/"),
                                                            Replaced(kToken, "=", "\\u003d"),
                                                            Replaced(kToken, "=", "\\\\u003d"),
                                                            Replaced(kToken, "=", "=3D"),
                                                            Each(kToken, "=", "%02X"),
                                                            Replaced(Replaced(kToken, "=", "=3D"), "y", "=\ny"),
                                                            Each(kToken, "&#", "%d;"),
                                                            Each(kToken, "&#x", "%02x;"),
                                                            Replaced(Replaced(kToken, "+", "&plus;"), "=", "&equals;"),
                                                            Base64(kToken),
                                                            Base64(kToken, "-_"),
                                                            Base64("u:" + kToken),
                                                            Base64("us:" + kToken),
                                                            Base64("use:" + kToken),
                                                            Percent(Base64("writer:" + kToken)),
                                                            Each(kToken, "", "%02x"),
                                                            Each(kToken, "", "%02X"),
                                                            Replaced(kToken, "y", "y\r\n "),
                                                            Each(kToken, "%u00", "%02X"),
                                                            Each(kToken, " ", "%c"),
                                                            Each(kToken, " ", "%d"),
                                                            Each(kToken, ",", "%d"),
                                                            Each(kToken, ", ", "%d"),
                                                            Each(kToken, ", ", "0x%02X"),
                                                            Each(kToken, ":", "%02x"),
                                                            Each(kToken, " ", "%02X"),
                                                            Each(kToken, "-", "%02x"),
                                                            Each(kToken, " ", "%03o"),
                                                            Base64(Base64(kToken)),
                                                            Base64("x" + Base64("u:" + kToken)),
                                                            Percent(Base64(Base64(kToken))),
                                                            Upper(kToken),
                                                            Lower(kToken),
                                                            Upper(Base64(kToken)),
                                                            Lower(Base64("u:" + kToken, "-_")),
                                                            Upper(Each(kToken, "%", "%02x")),
                                                            Upper(Each(kToken, "\\u00", "%02x")),
                                                            Upper(Each(kToken, "\\x", "%02x")),
                                                            Upper(Replaced(kToken, "+", "&plus;"))}));
  CAPTURE(written);
  const std::string masked = Mask().StrikeOut("no \"" + written + "\" here");
  CHECK_THAT(masked, Catch::StartsWith("no \"") && Catch::Contains("***") && Catch::EndsWith("\" here"));
  CHECK(masked.size() <= std::string("no \"d3JpdGVyOi0t***\" here").size());  // the name of a user may stay
}

TEST_CASE("the first and the last eight bytes of a token are enough to be struck out") {
  const std::size_t size = kToken.size();
  for (const std::string& piece : {kToken.substr(0, 8), kToken.substr(size - 8), kToken.substr(0, 20)}) {
    CHECK(Mask().StrikeOut("token " + piece + "...") == "token ***...");
    CHECK(Mask().StrikeOut("token " + Each(piece, "%", "%02X") + "...") == "token ***...");
    CHECK_THAT(Mask().StrikeOut("Basic " + Base64("u:" + piece)), !Catch::Contains(Base64("u:" + piece).substr(4, 8)));
  }
  CHECK(Mask().StrikeOut("token " + kToken.substr(0, 7)) == "token " + kToken.substr(0, 7));
}

TEST_CASE("each place in which a token stands is struck out") {
  CHECK(Mask().StrikeOut(kToken + " and " + Percent(kToken) + " and " + Base64(kToken)) == "*** and *** and ***=");
}

TEST_CASE("every secret that was added is struck out, and a secret that is too short is not looked for") {
  SecretMask mask = Mask();
  mask.Add(Secret("another-one"));
  mask.Add(Secret("failed"));
  CHECK(mask.StrikeOut("failed: another-one, " + kToken) == "failed: ***, ***");
}

TEST_CASE("a text without secrets stays as it is") {
  for (const std::string& text :
       {std::string(),
        std::string("InfluxDB at http://127.0.0.1:8181 fails (HTTP 502): bad%20gateway \\u0041 =41 &amp; ***"),
        Base64("quite another text that is long enough"), std::string("\0\xFF\x80%", 4),
        std::string("lines 1, 2, 3, 107, 74, 12, 118, 43, 90 of 10:20:30:40:50:60:70:80 at 2026-11-27T00:29:36.123Z"),
        Base64(Base64("quite another text that is long enough")), Each("quite another text", ":", "%02x")}) {
    CHECK(Mask().StrikeOut(text) == text);
  }
  CHECK(SecretMask().StrikeOut(kToken) == kToken);
}

TEST_CASE("text that is escaped too often to be read is cut off") {
  std::string written = kToken;
  for (int i = 0; i < 6; ++i) written = Percent(written);
  const std::string masked = Mask().StrikeOut("Bearer " + written + " is wrong");
  CHECK_THAT(masked, Catch::StartsWith("Bearer ") && Catch::EndsWith("..."));
  CHECK_THAT(masked, !Catch::Contains("3xW0tR5y"));
}

TEST_CASE("a token that looks like an escape itself is found, plain and escaped") {
  SecretMask mask;
  mask.Add(Secret("a%41b=42c\\x43d"));
  CHECK(mask.StrikeOut("<a%41b=42c\\x43d>") == "<***>");
  CHECK(mask.StrikeOut("<a%2541b=42c\\x43d>") == "<***>");
  CHECK(mask.StrikeOut("<a%41b=42c\\\\x43d>") == "<***>");
}

}  // namespace
}  // namespace vmtelem

#include "http/authority.h"

#include <algorithm>
#include <cctype>

#include <arpa/inet.h>

#include "base/parse.h"
#include "base/text_coding.h"

namespace vmtelem {
namespace {

bool IsName(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](unsigned char byte) {
    return byte < 0x80 && (std::isalnum(byte) != 0 || byte == '-' || byte == '.' || byte == '_');
  });
}

// The address in the form of IPv6, whose last four bytes are an IPv4 address (RFC 4291, 2.5.5.2).
std::optional<std::array<std::uint8_t, 16>> Ip4(const std::string& host) {
  std::array<std::uint8_t, 16> ip{};
  if (::inet_pton(AF_INET, host.c_str(), ip.data() + 12) != 1) return std::nullopt;
  ip[10] = ip[11] = 0xFF;
  return ip;
}

std::optional<std::array<std::uint8_t, 16>> Ip6(const std::string& host) {
  std::array<std::uint8_t, 16> ip{};
  if (::inet_pton(AF_INET6, host.c_str(), ip.data()) != 1) return std::nullopt;
  return ip;
}

// Takes the host off `text`.
std::optional<Authority> TakeHost(std::string_view& text) {
  Authority authority;
  if (text.substr(0, 1) == "[") {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    authority.host = Lowercase(text.substr(1, bracket - 1));
    authority.ip = Ip6(authority.host);
    text.remove_prefix(bracket + 1);
    if (!authority.ip) return std::nullopt;
    return authority;
  }
  const std::size_t end = std::min(text.find(':'), text.size());
  authority.host = Lowercase(text.substr(0, end));
  authority.ip = Ip4(authority.host);
  text.remove_prefix(end);
  if (!IsName(authority.host)) return std::nullopt;
  return authority;
}

}  // namespace

std::optional<Authority> ParseAuthority(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  auto authority = TakeHost(text);
  if (!authority || text.empty()) return authority;
  const auto port = text.front() == ':' ? ParseCount(text.substr(1)) : std::nullopt;
  if (!port || *port > 65535) return std::nullopt;
  authority->port = static_cast<std::uint16_t>(*port);
  return authority;
}

std::optional<Authority> ParseOrigin(std::string_view text) {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  const bool is_http = text.substr(0, kHttp.size()) == kHttp;
  if (!is_http && text.substr(0, kHttps.size()) != kHttps) return std::nullopt;
  auto authority = ParseAuthority(text.substr(is_http ? kHttp.size() : kHttps.size()));
  constexpr std::uint16_t kHttpPort = 80;
  constexpr std::uint16_t kHttpsPort = 443;
  if (authority && !authority->port) authority->port = is_http ? kHttpPort : kHttpsPort;
  return authority;
}

}  // namespace vmtelem

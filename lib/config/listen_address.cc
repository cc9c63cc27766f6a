#include "config/listen_address.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <sys/un.h>

#include "base/parse.h"
#include "config/parsers.h"
#include "config/url.h"

namespace vmtelem {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::size_t kMaxPathBytes = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};  // RFC 4291, 2.5.5.2

Problem ParsePath(std::string_view path) {
  if (path.empty()) return "names no path";
  if (path.size() > kMaxPathBytes) return "has a path of more than 107 bytes, the most that a unix socket may have";
  if (HasControlCharacter(path)) return "holds a control character";
  return std::nullopt;
}

struct HostAndPort {
  std::string_view host;
  std::string_view port;
  bool in_brackets = false;
};

// Absent: there is no port.
std::optional<HostAndPort> Split(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  HostAndPort parts{text.substr(0, colon), text.substr(colon + 1), false};
  if (parts.host.size() < 2 || parts.host.front() != '[' || parts.host.back() != ']') return parts;
  return HostAndPort{parts.host.substr(1, parts.host.size() - 2), parts.port, true};
}

void UseIp4WhereItIsMapped(ListenAddress& address) {
  if (!std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.ip.begin())) return;
  std::rotate(address.ip.begin(), address.ip.begin() + kMappedPrefix.size(), address.ip.end());
  std::fill(address.ip.begin() + 4, address.ip.end(), std::uint8_t{0});
  address.kind = ListenAddress::Kind::kIp4;
}

bool ParseIp(const HostAndPort& parts, ListenAddress& address) {
  const std::string host(parts.host);
  address.kind = parts.in_brackets ? ListenAddress::Kind::kIp6 : ListenAddress::Kind::kIp4;
  if (::inet_pton(parts.in_brackets ? AF_INET6 : AF_INET, host.c_str(), address.ip.data()) != 1) return false;
  if (parts.in_brackets) UseIp4WhereItIsMapped(address);
  return host.find('\0') == std::string::npos;
}

}  // namespace

Problem ParseListenAddress(std::string_view text, ListenAddress& address) {
  address = {};
  address.text = text;
  if (text.substr(0, kUnixPrefix.size()) == kUnixPrefix) {
    address.kind = ListenAddress::Kind::kUnix;
    return ParsePath(text.substr(kUnixPrefix.size()));
  }
  const auto parts = Split(text);
  if (!parts) return "has no port";
  if (parts->host.empty()) return "has no address; 0.0.0.0 is all of them";
  if (!ParseIp(*parts, address)) return "has no usable address: a name is none, and one with colons needs brackets";
  const auto port = ParseCount(parts->port);
  if (!port || *port < 1 || *port > 65535) return "has no usable port, which is 1 to 65535";
  address.port = static_cast<std::uint16_t>(*port);
  return std::nullopt;
}

Problem ParseListenHosts(std::string_view text, std::vector<std::string>& hosts) {
  hosts = SplitList(text);
  if (hosts.empty()) return "names no host";
  for (const std::string& host : hosts) {
    if (Problem problem = CheckHostAndPort(host)) return problem;
  }
  return std::nullopt;
}

}  // namespace vmtelem

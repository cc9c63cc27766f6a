#include "http/request_guard.h"

#include <algorithm>

#include "base/text_coding.h"
#include "http/access_token.h"

namespace vmtelem {
namespace {

// An IPv4 address in the form of IPv6, as Authority has it.
std::array<std::uint8_t, 16> IpOf(const ListenAddress& address) {
  if (address.kind == ListenAddress::Kind::kIp6) return address.ip;
  std::array<std::uint8_t, 16> ip{};
  ip[10] = ip[11] = 0xFF;
  std::copy_n(address.ip.begin(), 4, ip.begin() + 12);
  return ip;
}

// One that names a port is also meant where the port is left out, as proxies do.
bool IsFurtherHost(const AccessRules& rules, const Authority& host) {
  return std::any_of(rules.hosts.begin(), rules.hosts.end(), [&](const Authority& further) {
    const bool have_ports = further.port && host.port;
    return further.HasSameHost(host) && (!have_ports || *further.port == *host.port);
  });
}

bool IsOurHost(const AccessRules& rules, const Authority& host) {
  if (host.host == "localhost" || IsFurtherHost(rules, host)) return true;
  if (!host.ip) return false;
  return rules.address.is_wildcard() || *host.ip == IpOf(rules.address);
}

std::optional<AccessRefusal> RefusalOfHost(const AccessRules& rules, const HttpRequest& request) {
  const auto hosts = request.Header("host");
  const bool may_lack = request.version == HttpRequest::Version::kHttp10;
  if (hosts.empty() && may_lack) return std::nullopt;
  if (hosts.size() != 1) return AccessRefusal{400, "a request has exactly one header Host"};
  if (rules.address.kind == ListenAddress::Kind::kUnix) return std::nullopt;
  const auto host = ParseAuthority(hosts[0]);
  if (host && IsOurHost(rules, *host)) return std::nullopt;
  return AccessRefusal{403, "this Host is not served; LISTEN_HOSTS names further ones"};
}

bool IsSameOrigin(const Authority& origin, const Authority& host) {
  constexpr std::uint16_t kHttp = 80;
  constexpr std::uint16_t kHttps = 443;
  const std::uint16_t port = origin.port.value_or(kHttp);
  const bool is_same_port = host.port ? *host.port == port : port == kHttp || port == kHttps;
  return origin.HasSameHost(host) && is_same_port;
}

bool IsFurtherOrigin(const AccessRules& rules, const Authority& origin) {
  return std::any_of(rules.hosts.begin(), rules.hosts.end(),
                     [&](const Authority& further) { return IsSameOrigin(origin, further); });
}

std::optional<AccessRefusal> RefusalOfOrigin(const AccessRules& rules, const HttpRequest& request) {
  const auto origins = request.Header("origin");
  if (origins.empty()) return std::nullopt;
  const auto origin = origins.size() == 1 ? ParseOrigin(origins[0]) : std::nullopt;
  const auto hosts = request.Header("host");
  const auto host = hosts.empty() ? std::nullopt : ParseAuthority(hosts[0]);
  if (origin && ((host && IsSameOrigin(*origin, *host)) || IsFurtherOrigin(rules, *origin))) return std::nullopt;
  return AccessRefusal{403, "pages of other origins get no answer"};
}

// The token of "Bearer TOKEN".
std::optional<std::string_view> BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer";
  if (Lowercase(authorization.substr(0, kScheme.size())) != kScheme) return std::nullopt;
  authorization.remove_prefix(kScheme.size());
  const std::size_t blanks = std::min(authorization.find_first_not_of(' '), authorization.size());
  if (blanks == 0 || blanks == authorization.size()) return std::nullopt;
  return authorization.substr(blanks);
}

bool HasRightToken(const std::optional<Secret>& token, const HttpRequest& request) {
  const auto authorizations = request.Header("authorization");
  if (authorizations.size() != 1 || !token || request.holds_nul) return false;
  const auto given = BearerToken(authorizations[0]);
  return given && IsSameToken(*given, *token);
}

std::optional<AccessRefusal> RefusalOfToken(const AccessRules& rules, const std::optional<Secret>& token,
                                            const HttpRequest& request) {
  if (!NeedsToken(rules, request)) return std::nullopt;
  if (!rules.has_token_file) {
    return AccessRefusal{403, "POST is switched off while no token file is set (LISTEN_TOKEN_FILE)"};
  }
  if (HasRightToken(token, request)) return std::nullopt;
  return AccessRefusal{401, "this needs 'Authorization: Bearer TOKEN' with the token of this server"};
}

}  // namespace

bool NeedsToken(const AccessRules& rules, const HttpRequest& request) {
  if (request.method == "POST") return true;
  if (rules.address.is_local()) return false;
  const bool only_reads = request.method == "GET" || request.method == "HEAD";
  const auto& open = rules.public_paths;
  return !only_reads || std::find(open.begin(), open.end(), request.path) == open.end();
}

std::optional<AccessRefusal> RefusalOf(const AccessRules& rules, const std::optional<Secret>& token,
                                       const HttpRequest& request) {
  if (auto refusal = RefusalOfHost(rules, request)) return refusal;
  if (auto refusal = RefusalOfOrigin(rules, request)) return refusal;
  if (auto refusal = RefusalOfToken(rules, token, request)) return refusal;
  if (request.holds_nul) return AccessRefusal{400, "the request holds a NUL"};
  return std::nullopt;
}

}  // namespace vmtelem

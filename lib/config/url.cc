#include "config/url.h"

#include <algorithm>
#include <cctype>

#include "base/parse.h"
#include "base/url.h"

namespace vmtelem {
namespace {

// What lies between "//" and the path.
std::string_view Authority(std::string_view after_scheme) {
  return after_scheme.substr(0, after_scheme.find_first_of("/?#"));
}

bool IsHostCharacter(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return std::isalnum(code) != 0 || byte == '-' || byte == '.' || byte == '_' || code >= 0x80;
}

bool IsHost(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    return std::all_of(host.begin(), host.end(), [](char byte) {
      return std::isxdigit(static_cast<unsigned char>(byte)) != 0 || byte == ':' || byte == '.' || byte == '%';
    });
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), IsHostCharacter);
}

bool IsPort(std::string_view port) {
  const auto number = ParseCount(port);
  return number && *number >= 1 && *number <= 65535;
}

Problem CheckAuthority(std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) {
    return "holds a user or password; use INFLUX_USER and INFLUX_TOKEN instead";
  }
  return CheckHostAndPort(authority);
}

// The colon before the port, which is none of those in an IPv6 address; npos if there is none.
std::size_t FindPortColon(std::string_view authority) {
  const std::size_t bracket = authority.find(']');
  return authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
}

}  // namespace

Problem CheckHostAndPort(std::string_view text) {
  const std::size_t colon = FindPortColon(text);
  if (!IsHost(text.substr(0, colon))) return "has no usable host name";
  if (colon != std::string_view::npos && !IsPort(text.substr(colon + 1))) return "has no usable port number";
  return std::nullopt;
}

std::string_view HostOf(std::string_view url) {
  const std::string_view authority = Authority(SplitUrl(url).address);
  const std::string_view host = authority.substr(0, FindPortColon(authority));
  return host.substr(0, 1) == "[" ? host.substr(1, host.size() - 2) : host;
}

Problem CheckInfluxUrl(std::string_view url) {
  const bool has_control = std::any_of(url.begin(), url.end(), [](unsigned char byte) { return byte <= 0x20; });
  if (has_control) return "holds a space or a control character";
  const std::size_t scheme_end = url.find("://");
  const std::string_view scheme = url.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return "does not begin with http:// or https://";
  }
  const std::string_view rest = url.substr(scheme_end + 3);
  if (rest.find_first_of("?#") != std::string_view::npos) return "has a query or a fragment; give the server only";
  auto problem = CheckAuthority(Authority(rest));
  // In a path it would be read as the end of a password by whoever shows the URL, and so two servers as one.
  if (!problem && rest.find('@') != std::string_view::npos) return "holds an '@'; write %40 in a path";
  return problem;
}

}  // namespace vmtelem

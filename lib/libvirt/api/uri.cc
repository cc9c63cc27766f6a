#include "libvirt/api/uri.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/url.h"

namespace vmtelem {
namespace {

struct Parts {
  std::string_view scheme, user_info, host_port, query;
};

bool HasNumericPort(std::string_view host_port) {
  const std::size_t colon = host_port.rfind(':');
  return colon == std::string_view::npos ||
         host_port.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
}

// Where "user:password@host:port" ends. Text in the place of the port that is no number starts a password with a / ? or
// # that should have been percent-encoded; libvirt will refuse the URI, but until then it must not be shown.
std::size_t AuthorityEnd(std::string_view rest) {
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  const std::size_t last_at = rest.rfind('@');
  const bool cut_short = authority.find('@') == std::string_view::npos && last_at != std::string_view::npos &&
                         !authority.starts_with('[') && !HasNumericPort(authority);
  return cut_short ? std::min(rest.find_first_of("/?#", last_at), rest.size()) : end;
}

Parts Split(std::string_view uri) {
  Parts parts;
  const std::size_t scheme_end = uri.find("://");
  if (scheme_end == std::string_view::npos) return parts;
  parts.scheme = uri.substr(0, scheme_end);
  std::string_view rest = uri.substr(scheme_end + 3);
  const std::size_t authority_end = AuthorityEnd(rest);
  const std::string_view authority = rest.substr(0, authority_end);
  const std::size_t at = authority.rfind('@');  // the last: a password that is not percent-encoded may hold one
  if (at != std::string_view::npos) parts.user_info = authority.substr(0, at);
  parts.host_port = at == std::string_view::npos ? authority : authority.substr(at + 1);
  rest.remove_prefix(authority_end);
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) parts.query = rest.substr(question + 1);
  return parts;
}

// The texts behind each colon up to the last @: without "//" any of the colons may end the user.
void AddPasswords(std::string_view uri, std::vector<std::string>& secrets) {
  const UrlParts parts = SplitUrl(uri);
  if (parts.user.empty()) return;
  const std::string_view user_info = parts.user.substr(0, parts.user.size() - 1);
  for (std::size_t colon = user_info.find(':'); colon != std::string_view::npos;
       colon = parts.scheme.empty() ? user_info.find(':', colon + 1) : std::string_view::npos) {
    secrets.emplace_back(user_info.substr(colon + 1));
  }
  // An @ further on may belong to a parameter.
  const std::string_view authority_user = Split(uri).user_info;
  const std::size_t colon = authority_user.find(':');
  if (colon != std::string_view::npos) secrets.emplace_back(authority_user.substr(colon + 1));
}

void AddParameterValues(std::string_view uri, std::vector<std::string>& secrets) {
  const std::size_t question = uri.find('?');
  std::string_view rest = question == std::string_view::npos ? std::string_view{} : uri.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view parameter = rest.substr(0, rest.find_first_of("&;#"));
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
    const std::size_t equals = parameter.find('=');
    const std::string_view value = equals == std::string_view::npos ? parameter : parameter.substr(equals + 1);
    // A switch like no_tty=1 is no secret, and without its digit no number in a message could be read.
    if (value != "0" && value != "1") secrets.emplace_back(value);
  }
}

char ToLower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 && HexValue(text[i + 2]) >= 0;
    decoded += escape ? static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return decoded;
}

bool IsScheme(std::string_view scheme, std::string_view expected) {
  return std::equal(scheme.begin(), scheme.end(), expected.begin(), expected.end(),
                    [](char written, char lower) { return ToLower(written) == lower; });
}

// Of driver+transport, in lower case, as libvirt reads it; empty if the URI leaves it to libvirt.
std::string TransportOf(std::string_view uri) {
  const std::string_view scheme = Split(uri).scheme;
  const std::size_t plus = scheme.find('+');
  std::string transport(plus == std::string_view::npos ? std::string_view{} : scheme.substr(plus + 1));
  std::transform(transport.begin(), transport.end(), transport.begin(), ToLower);
  return transport;
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string WithoutPassword(std::string text, const std::string& uri) {
  std::vector<std::string> secrets;
  AddPasswords(uri, secrets);
  AddParameterValues(uri, secrets);
  const std::size_t written = secrets.size();
  for (std::size_t i = 0; i < written; ++i) secrets.push_back(PercentDecoded(secrets[i]));
  // The longest first: one may be a part of another.
  std::sort(secrets.begin(), secrets.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  ReplaceAll(text, uri, MaskUrl(uri));
  for (const std::string& secret : secrets) ReplaceAll(text, secret, "***");
  return text;
}

std::string NamingUri(std::string message, const std::string& uri) {
  message = WithoutPassword(std::move(message), uri);
  const std::string shown = MaskUrl(uri);
  return message.find(shown) == std::string::npos ? shown + ": " + message : message;
}

bool IsInProcess(const std::string& uri) {
  const Parts parts = Split(uri);
  return IsScheme(parts.scheme, "test") && parts.host_port.empty();
}

bool RunsChild(const std::string& uri) {
  const std::string transport = TransportOf(uri);
  return transport == "ssh" || transport == "ext";
}

bool IsOverTcp(const std::string& uri) { return !UriHost(uri).empty() && !RunsChild(uri); }

// Of two parameters of one name the last counts.
std::string UriWithoutPrompts(const std::string& uri) {
  if (TransportOf(uri) != "ssh") return uri;
  const std::size_t end = std::min(uri.find('#'), uri.size());
  const bool has_query = std::min(uri.find('?'), end) < end;
  return uri.substr(0, end) + (has_query ? '&' : '?') + "no_tty=1" + uri.substr(end);
}

std::string UriHost(const std::string& uri) {
  const std::string_view host_port = Split(uri).host_port;
  if (host_port.starts_with('[')) return std::string(host_port.substr(1, host_port.find(']') - 1));
  return std::string(host_port.substr(0, host_port.find(':')));
}

}  // namespace vmtelem

#include "config/proxy.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text_coding.h"
#include "config/proxy_exemption.h"
#include "config/url.h"

namespace vmtelem {
namespace {

using Names = std::initializer_list<std::string_view>;

struct Variable {
  std::string name, value;
};

// The first that is set. An empty one counts as not set.
std::optional<Variable> FindVariable(const EnvironmentLookup& environment, Names names) {
  for (const std::string_view name : names) {
    auto value = environment(name);
    if (value && !value->empty()) return Variable{std::string(name), std::move(*value)};
  }
  return std::nullopt;
}

std::optional<Variable> FindProxyVariable(const EnvironmentLookup& environment, std::string_view url) {
  if (url.substr(0, 6) == "https:") {
    return FindVariable(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  }
  return FindVariable(environment, {"http_proxy", "all_proxy", "ALL_PROXY"});
}

bool IsProxyScheme(std::string_view scheme) {
  constexpr std::array<std::string_view, 6> kSchemes{"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
  return std::find(kSchemes.begin(), kSchemes.end(), scheme) != kSchemes.end();
}

// What is wrong with [scheme://][user[:password]@]host[:port][/]; nothing if it was put into `proxy`. Repeats nothing
// of it: where a password ends is not known of a text that is wrong.
Problem ParseProxy(std::string_view text, Proxy& proxy) {
  if (std::any_of(text.begin(), text.end(), [](unsigned char byte) { return byte <= 0x20 || byte == 0x7F; })) {
    return "holds a space or a control character; write it as %20";
  }
  const std::size_t scheme_end = text.find("://");
  const std::string scheme = scheme_end == std::string_view::npos ? "http" : Lowercase(text.substr(0, scheme_end));
  if (!IsProxyScheme(scheme))
    return "does not begin with http://, https://, socks4://, socks4a://, socks5:// or socks5h://";
  if (scheme_end != std::string_view::npos) text.remove_prefix(scheme_end + 3);
  const std::size_t end = text.find_first_of("/?#");
  if (std::count(text.begin(), text.end(), '@') > 1 || text.find('@', std::min(end, text.size())) != text.npos) {
    return "holds one of @/?# in a user or password; write %40, %2F, %3F or %23";
  }
  const std::string_view authority = text.substr(0, end);
  const std::size_t at = authority.find('@');
  const std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
  if (auto problem = CheckHostAndPort(host)) return problem;
  proxy.url = fmt::format("{}://{}", scheme, host);
  proxy.login = Secret(std::string(at == std::string_view::npos ? std::string_view() : authority.substr(0, at)));
  return std::nullopt;
}

}  // namespace

void FindProxy(const EnvironmentLookup& environment, LoadedConfig& loaded) {
  InfluxTarget& target = loaded.config.influx;
  if (target.url.empty() || CheckInfluxUrl(target.url)) return;
  const auto variable = FindProxyVariable(environment, target.url);
  if (!variable) return;
  const auto exempt = FindVariable(environment, {"no_proxy", "NO_PROXY"});
  if (exempt && IsExempt(HostOf(target.url), exempt->value)) return;
  target.proxy.variable = variable->name;
  const auto problem = ParseProxy(variable->value, target.proxy);
  if (!problem) return;
  loaded.faults.push_back(
      {.text = DescribeBadValue({.name = variable->name, .problem = *problem, .origin = "environment"}),
       .concerns_database = true});
}

std::string ShownProxy(const Proxy& proxy) {
  const std::size_t host = proxy.url.find("://") + 3;
  return proxy.login.empty() ? proxy.url : fmt::format("{}***@{}", proxy.url.substr(0, host), proxy.url.substr(host));
}

}  // namespace vmtelem

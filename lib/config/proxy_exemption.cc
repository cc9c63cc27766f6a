#include "config/proxy_exemption.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <vector>

#include <arpa/inet.h>

#include "base/parse.h"

namespace vmtelem {
namespace {

using Address = std::vector<unsigned char>;

std::optional<Address> ParseAddress(std::string_view text) {
  const std::string terminated(text);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return Address(bytes.begin(), bytes.begin() + 4);
  if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return Address(bytes.begin(), bytes.end());
  return std::nullopt;
}

bool HavePrefixInCommon(const Address& a, const Address& b, std::size_t bits) {
  if (a.size() != b.size() || bits > a.size() * 8) return false;
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  return bits % 8 == 0 || (a[whole] ^ b[whole]) >> (8 - bits % 8) == 0;
}

std::string_view WithoutBrackets(std::string_view text) {
  const bool has_brackets = text.size() > 2 && text.front() == '[' && text.back() == ']';
  return has_brackets ? text.substr(1, text.size() - 2) : text;
}

// `item` is an address, perhaps with /BITS.
bool MatchesAddress(const Address& host, std::string_view item) {
  const std::size_t slash = item.find('/');
  const auto network = ParseAddress(WithoutBrackets(item.substr(0, slash)));
  if (!network) return false;
  const std::size_t all = network->size() * 8;
  const auto bits = slash == std::string_view::npos ? all : ParseCount(item.substr(slash + 1)).value_or(all);
  return HavePrefixInCommon(host, *network, bits == 0 ? all : bits);
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view WithoutLastDot(std::string_view name) {
  return name.substr(0, name.size() - (!name.empty() && name.back() == '.' ? 1 : 0));
}

bool MatchesName(std::string_view host, std::string_view item) {
  item = WithoutLastDot(item);
  if (!item.empty() && item.front() == '.') item.remove_prefix(1);
  if (item.empty() || item.size() > host.size()) return false;
  const std::size_t before = host.size() - item.size();
  return EqualsIgnoringCase(host.substr(before), item) && (before == 0 || host[before - 1] == '.');
}

}  // namespace

bool IsExempt(std::string_view host, std::string_view list) {
  constexpr std::string_view kSeparators = ", \t";
  if (list == "*") return true;
  const auto address = ParseAddress(host);
  while (!list.empty()) {
    list.remove_prefix(std::min(list.find_first_not_of(kSeparators), list.size()));
    const std::string_view item = list.substr(0, list.find_first_of(kSeparators));
    if (!item.empty() && (address ? MatchesAddress(*address, item) : MatchesName(WithoutLastDot(host), item)))
      return true;
    list.remove_prefix(item.size());
  }
  return false;
}

}  // namespace vmtelem

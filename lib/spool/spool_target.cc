#include "spool/spool_target.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include <fmt/format.h>

#include "base/url.h"

namespace vmtelem {
namespace {

bool IsPlain(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return (code < 0x80 && std::isalnum(code) != 0) || byte == '.' || byte == '-';
}

std::string PercentEncoded(std::string_view text) {
  std::string encoded;
  for (const char byte : text) {
    if (IsPlain(byte)) {
      encoded += byte;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
    }
  }
  return encoded;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
  return lower;
}

// host:port of the text between "//" and the path.
std::string HostAndPort(std::string_view authority, std::string_view scheme) {
  const std::size_t after_bracket = authority.find(']') == std::string_view::npos ? 0 : authority.find(']');
  if (authority.find(':', after_bracket) != std::string_view::npos) return LowerCase(authority);
  return LowerCase(authority) + (scheme == "https://" ? ":443" : ":80");
}

// The URL in its one spelling, without user, query and fragment.
std::string Server(std::string_view url) {
  const UrlParts parts = SplitUrl(url);
  if (parts.scheme.empty()) return {};
  const std::string scheme = LowerCase(parts.scheme);
  std::string_view rest = parts.address.substr(0, parts.address.find('#'));
  while (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  const std::size_t path = std::min(rest.find('/'), rest.size());
  return fmt::format("{}{}{}", scheme, HostAndPort(rest.substr(0, path), scheme), rest.substr(path));
}

// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
std::uint64_t Hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  return hash;
}

std::string_view PartOfDatabase(const InfluxTarget& target) {
  if (target.api == InfluxApi::kV3) return {};
  return target.api == InfluxApi::kV2 ? target.org : target.retention_policy;
}

}  // namespace

std::string SpoolTargetName(const InfluxTarget& target) {
  std::string name =
      fmt::format("{}_{}_{}", NameOf(target.api), PercentEncoded(Server(target.url)), PercentEncoded(target.database));
  if (const std::string_view part = PartOfDatabase(target); !part.empty()) name += "_" + PercentEncoded(part);
  if (name.size() <= kMaxSpoolTargetName) return name;
  const std::string hash = fmt::format("~{:016x}", Hash(name));  // no short name holds a ~
  return name.substr(0, kMaxSpoolTargetName - hash.size()) + hash;
}

bool IsSpoolTargetName(std::string_view name) {
  const std::string_view api = name.substr(0, 3);
  const bool has_api = api == "v1_" || api == "v2_" || api == "v3_";
  return has_api && name.size() <= kMaxSpoolTargetName && std::all_of(name.begin(), name.end(), [](char byte) {
           return IsPlain(byte) || byte == '%' || byte == '_' || byte == '~';
         });
}

}  // namespace vmtelem

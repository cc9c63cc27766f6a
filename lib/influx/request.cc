#include "influx/request.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "influx/curl_handles.h"

namespace vmtelem {
namespace {

using Parameters = std::initializer_list<std::pair<std::string_view, std::string_view>>;

std::string Part(const CurlUrl& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  return CurlText(text).get();
}

CurlUrl Parse(const std::string& text) {
  CurlUrl url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return nullptr;
  return url;
}

std::string Escape(std::string_view text) {
  const CurlText escaped(curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())));
  return escaped ? escaped.get() : "";
}

std::string Query(Parameters parameters) {
  std::string query;
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    query += fmt::format("{}{}={}", query.empty() ? '?' : '&', name, Escape(value));
  }
  return query;
}

// Short names of the precision came to v3 with 3.6, so the long one is sent; the others know only the short one.
std::string PathAndQuery(const InfluxTarget& target) {
  switch (target.api) {
    case InfluxApi::kV3:
      return "/api/v3/write_lp" + Query({{"db", target.database}, {"precision", "nanosecond"}});
    case InfluxApi::kV2:
      return "/api/v2/write" + Query({{"bucket", target.database}, {"org", target.org}, {"precision", "ns"}});
    case InfluxApi::kV1:
      break;
  }
  return "/write" + Query({{"db", target.database}, {"rp", target.retention_policy}, {"precision", "ns"}});
}

std::string Base64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  unsigned bits = 0;
  int held = 0;
  for (const char byte : text) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) encoded += kAlphabet[(bits >> (held - 6)) & 63];
  }
  if (held > 0) encoded += kAlphabet[(bits << (6 - held)) & 63];
  encoded.append((4 - encoded.size() % 4) % 4, '=');
  return encoded;
}

}  // namespace

Result<std::string> WriteUrl(const InfluxTarget& target) {
  const CurlUrl url = Parse(target.url);
  const std::string scheme = url ? Part(url, CURLUPART_SCHEME) : "";
  if (scheme != "http" && scheme != "https") {
    return Fail(ErrorCode::kInvalid, "the URL of InfluxDB is not a http or https URL",
                "for example http://127.0.0.1:8181");
  }
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    if (!Part(url, part).empty()) {
      return Fail(ErrorCode::kInvalid, "the URL of InfluxDB may hold neither user and password nor query and fragment");
    }
  }
  std::string base = Part(url, CURLUPART_URL);
  while (base.back() == '/') base.pop_back();
  return base + PathAndQuery(target);
}

std::string DisplayUrl(const std::string& text) {
  const CurlUrl url = Parse(text);
  if (!url) return {};
  const std::string port = Part(url, CURLUPART_PORT);
  return fmt::format("{}://{}{}{}", Part(url, CURLUPART_SCHEME), Part(url, CURLUPART_HOST), port.empty() ? "" : ":",
                     port);
}

std::string ServerName(const InfluxTarget& target) { return "InfluxDB at " + DisplayUrl(target.url); }

std::string Unescape(const std::string& text) {
  const CurlText plain(curl_easy_unescape(nullptr, text.c_str(), static_cast<int>(text.size()), nullptr));
  return plain ? plain.get() : "";
}

Secret Authorization(const InfluxTarget& target) {
  const std::string& token = target.token.Reveal();
  if (token.empty() && (target.api != InfluxApi::kV1 || target.user.empty())) return {};
  switch (target.api) {
    case InfluxApi::kV3:
      return Secret("Bearer " + token);
    case InfluxApi::kV2:
      return Secret("Token " + token);
    case InfluxApi::kV1:
      break;
  }
  return Secret("Basic " + Base64(target.user + ":" + token));
}

}  // namespace vmtelem

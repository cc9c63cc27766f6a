#include "http/mhd_exchange.h"

#include <algorithm>
#include <utility>

#include <microhttpd.h>

#include "base/parse.h"
#include "base/text_coding.h"
#include "http/query.h"
#include "http/trimmed.h"

namespace vmtelem {
namespace {

constexpr MhdExchange::Fault kBodyTooLarge{413, "the body is larger than 4 KiB"};
constexpr MhdExchange::Fault kBodyFarTooLarge{413, "the body is larger than 4 KiB", true};

// NOLINTNEXTLINE(readability-function-size): libmicrohttpd's parameters
MHD_Result AddHeader(void* headers, MHD_ValueKind /*kind*/, const char* name, std::size_t name_size, const char* value,
                     std::size_t value_size) {
  const std::string_view text = value == nullptr ? std::string_view() : std::string_view(value, value_size);
  static_cast<std::vector<HttpField>*>(headers)->push_back(
      {Lowercase(std::string_view(name, name_size)), std::string(Trimmed(text))});
  return MHD_YES;
}

// RFC 9110, 5.6.2.
bool IsToken(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           kOthers.find(byte) != std::string_view::npos;
  });
}

}  // namespace

MhdExchange::MhdExchange(std::string_view target) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  request_.path = target.substr(0, mark);
  auto query = ParseQuery(target.substr(std::min(mark + 1, target.size())));
  request_.query_is_valid = query.has_value();
  if (query) request_.query = std::move(*query);
}

void MhdExchange::TakeHeaders(MHD_Connection* connection, std::string_view method, std::string_view version) {
  has_headers_ = true;
  request_.method = method;
  request_.version = version == "HTTP/1.0" ? HttpRequest::Version::kHttp10 : HttpRequest::Version::kHttp11;
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, &AddHeader, &request_.headers);
  const auto* size = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  CheckHeaders(size == nullptr ? 0 : size->header_size);
  if (!fault_) CheckFraming();
}

void MhdExchange::CheckHeaders(std::size_t header_bytes) {
  const auto& headers = request_.headers;
  const bool has_names =
      std::all_of(headers.begin(), headers.end(), [](const HttpField& header) { return IsToken(header.name); });
  if (header_bytes > kMaxHeader_bytes) fault_ = {431, "the header is larger than 16 KiB", true};
  if (!has_names || !IsToken(request_.method)) fault_ = {400, "the header is malformed", true};
}

// Where it is not clear where a body ends, a proxy on the way may see other requests than we do (RFC 9112, 6.3).
void MhdExchange::CheckFraming() {
  const auto codings = request_.Header("transfer-encoding");
  const auto lengths = request_.Header("content-length");
  const bool is_chunked = codings.size() == 1 && Lowercase(codings[0]) == "chunked";
  if ((!codings.empty() && (!is_chunked || !lengths.empty())) || lengths.size() > 1) {
    fault_ = {400, "the length of the body is not clear", true};
  } else if (!lengths.empty()) {
    const auto length = ParseCount(lengths[0]).value_or(0);
    if (length > kMaxDiscarded_bytes) fault_ = kBodyFarTooLarge;
  }
}

void MhdExchange::TakeBody(std::string_view part) {
  body_bytes_ += part.size();
  if (body_bytes_ <= kMaxBody_bytes) {
    request_.body += part;
  } else {
    fault_ = body_bytes_ <= kMaxDiscarded_bytes ? kBodyTooLarge : kBodyFarTooLarge;
  }
}

}  // namespace vmtelem

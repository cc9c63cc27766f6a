#include "influx/exchange_watch.h"

#include <string_view>

namespace vmtelem {
namespace {

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

// CURLOPT_VERBOSE would print the token if its messages did not go to a function.
bool ExchangeWatch::Attach(CURL* easy) {
  easy_ = easy;
  bool ok = connections_.Watch(easy);
  const auto set = [&](CURLoption option, auto value) { ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK; };
  set(CURLOPT_PREREQFUNCTION, &ExchangeWatch::BeforeRequest);
  set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_HEADERFUNCTION, &ExchangeWatch::ReadHeader);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_DEBUGFUNCTION, &ExchangeWatch::ReadRemark);
  set(CURLOPT_DEBUGDATA, static_cast<void*>(this));
  set(CURLOPT_VERBOSE, 1L);
  return ok;
}

void ExchangeWatch::Begin(std::size_t body_bytes) {
  connection_ = {};
  body_bytes_ = body_bytes;
  held_back_ = tls_ended_ = answered_early_ = more_came_ = false;
}

int ExchangeWatch::BeforeRequest(void* self, char* remote_ip, char* local_ip, int remote_port, int local_port) {
  auto& watch = *static_cast<ExchangeWatch*>(self);
  watch.connection_ = watch.connections_.Find({local_ip, remote_ip, local_port, remote_port});
  // On a new one a server may speak first: with TLS it sends tickets for sessions to come.
  const bool has_served = watch.connections_.IsAtRest(watch.connection_);
  watch.held_back_ = has_served && OpenConnections::HasBytes(watch.connection_);
  watch.tls_ended_ = watch.held_back_ && OpenConnections::IsEndOfTls(watch.connection_);
  return watch.held_back_ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

// Called for each line. Over HTTP/2 other requests are under way on the connection.
std::size_t ExchangeWatch::ReadHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto& watch = *static_cast<ExchangeWatch*>(self);
  const std::string_view line(data, size * count);
  if (line.substr(0, 5) == "HTTP/") {
    const bool says_stored = line.substr(0, 7) == "HTTP/1." && line.substr(8, 2) == " 2";
    watch.answered_early_ = says_stored && watch.IsServerAhead();
  }
  return watch.answered_early_ ? 0 : size * count;
}

bool ExchangeWatch::IsServerAhead() const {
  curl_off_t sent = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &sent);
  return static_cast<std::size_t>(sent) < body_bytes_ || OpenConnections::IsUnacknowledged(connection_);
}

// libcurl 7.88 reports what it throws away in no other way, and keeps such a connection; later ones close it.
int ExchangeWatch::ReadRemark(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
  if (type != CURLINFO_TEXT) return 0;
  const std::string_view remark(data, size);
  if (Has(remark, "Excess found") || Has(remark, "Leftovers after chunking")) {
    static_cast<ExchangeWatch*>(self)->more_came_ = true;
  }
  return 0;
}

}  // namespace vmtelem

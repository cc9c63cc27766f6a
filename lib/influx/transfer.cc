#include "influx/transfer.h"

#include <algorithm>
#include <utility>

#include "influx/request.h"

namespace vmtelem {
namespace {

constexpr std::size_t kMaxReplyBytes = std::size_t{1} << 20;    // lists of refused lines are long
constexpr std::size_t kMostReplyBytes = std::size_t{64} << 20;  // decoded: a small answer may decode to any size
constexpr long kConnectTimeoutMs = 5000;
constexpr curl_off_t kMaxRetryAfterSeconds = 86'400;

Reply::Transport TransportOf(CURLcode code, bool lines_sent) {
  switch (code) {
    case CURLE_OK:
      return Reply::Transport::kAnswered;
    case CURLE_OPERATION_TIMEDOUT:
      return lines_sent ? Reply::Transport::kTimeout : Reply::Transport::kUnreachable;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_ISSUER_ERROR:
      return Reply::Transport::kUntrusted;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_CIPHER:
      return Reply::Transport::kTlsSetup;
    case CURLE_SSL_CONNECT_ERROR:
      return Reply::Transport::kHandshake;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR:           // Keep() or the watch refused it
    case CURLE_UNSUPPORTED_PROTOCOL:  // after the start: an answer that is not HTTP
      return Reply::Transport::kBroken;
    default:
      return Reply::Transport::kUnreachable;
  }
}

template <class T>
T Info(CURL* easy, CURLINFO which) {
  T value{};
  curl_easy_getinfo(easy, which, &value);
  return value;
}

}  // namespace

std::unique_ptr<Transfer> Transfer::Make(const InfluxTarget& target, const std::string& url,
                                         OpenConnections& connections) {
  std::unique_ptr<Transfer> transfer(new Transfer(CurlEasy(curl_easy_init()), connections));
  return transfer->easy_ && transfer->Configure(target, url) ? std::move(transfer) : nullptr;
}

// Not set: a limit of the lowest speed, since InfluxDB 3 may be silent for more than 10 s while its object store fails;
// the time-out bounds all of it.
bool Transfer::Configure(const InfluxTarget& target, const std::string& url) {
  bool ok = watch_.Attach(easy_.get());
  const auto set = [&](CURLoption option, auto value) {
    ok = ok && curl_easy_setopt(easy_.get(), option, value) == CURLE_OK;
  };
  const auto timeout_ms = std::chrono::ceil<std::chrono::milliseconds>(target.timeout).count();
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  // Also if there is none: libcurl reads no variable then. Its messages quote what stands in the URL.
  set(CURLOPT_PROXY, target.proxy.url.c_str());
  set(CURLOPT_NOPROXY, "");
  if (!target.proxy.login.empty()) set(CURLOPT_PROXYUSERPWD, target.proxy.login.Reveal().c_str());
  set(CURLOPT_POST, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name that does not resolve must not hold up Abort()
  set(CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set(CURLOPT_CA_CACHE_TIMEOUT, 0L);  // a renewed file is read with the next connection
  if (!target.ca_file.empty()) {
    set(CURLOPT_CAINFO, target.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // else the system's would be trusted beside it
  }
  set(CURLOPT_ACCEPT_ENCODING, "");  // whatever libcurl can decode: a proxy may encode what nobody asked to be
  set(CURLOPT_USERAGENT, "vmtelem");
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Transfer::Keep);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  return ok;
}

// Refuses bytes only of an answer without end, since that costs the connection.
std::size_t Transfer::Keep(char* data, std::size_t size, std::size_t count, void* transfer) {
  auto& self = *static_cast<Transfer*>(transfer);
  const std::size_t bytes = size * count;
  self.reply_.append(data, std::min(bytes, kMaxReplyBytes - self.reply_.size()));
  self.received_bytes_ += bytes;
  return self.received_bytes_ <= kMostReplyBytes ? bytes : 0;
}

void Transfer::Prepare(TransferId id, Body body, CurlHeaders headers, SteadyTime now) {
  id_ = id;
  body_ = std::move(body);
  headers_ = std::move(headers);
  started_at_ = now;
  reply_.clear();
  received_bytes_ = 0;
  error_.front() = '\0';
  const std::string& bytes = body_.gzip ? *body_.gzip : body_.batch->bytes();
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDS, bytes.data());
  curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(bytes.size()));
}

void Transfer::ChooseConnection(ReuseTrial::Use use) {
  curl_easy_setopt(easy_.get(), CURLOPT_FRESH_CONNECT, use == ReuseTrial::Use::kAny ? 0L : 1L);
  curl_easy_setopt(easy_.get(), CURLOPT_FORBID_REUSE, use == ReuseTrial::Use::kNew ? 1L : 0L);
  watch_.Begin(body_.gzip ? body_.gzip->size() : body_.batch->bytes().size());
}

Reply Transfer::TakeReply(CURLcode code) {
  Reply reply;
  reply.lines_sent = Info<curl_off_t>(easy_.get(), CURLINFO_SIZE_UPLOAD_T) > 0;
  reply.transport = TransportOf(code, reply.lines_sent);
  reply.compressed = body_.gzip != nullptr;
  if (code != CURLE_OK) {
    reply.error = ErrorText(code);
    return reply;
  }
  reply.status = static_cast<int>(Info<long>(easy_.get(), CURLINFO_RESPONSE_CODE));
  reply.body = std::move(reply_);
  reply.location = Location();
  const auto seconds = Info<curl_off_t>(easy_.get(), CURLINFO_RETRY_AFTER);
  if (seconds > 0) reply.retry_after = std::chrono::seconds(std::min(seconds, kMaxRetryAfterSeconds));
  return reply;
}

std::string Transfer::ErrorText(CURLcode code) const {
  if (watch_.answered_early()) return "it says that lines are stored which it does not have yet";
  if (code == CURLE_WRITE_ERROR) return "its answer is longer than any that is read";
  return error_.front() == '\0' ? curl_easy_strerror(code) : error_.data();
}

OpenConnections::Connection Transfer::LeftOpen() const {
  return connections_.Find(Info<curl_socket_t>(easy_.get(), CURLINFO_ACTIVESOCKET));
}

bool Transfer::IsOverHttp2() const { return Info<long>(easy_.get(), CURLINFO_HTTP_VERSION) >= CURL_HTTP_VERSION_2_0; }

std::string Transfer::Location() const {
  const char* const target = Info<char*>(easy_.get(), CURLINFO_REDIRECT_URL);
  return target == nullptr ? std::string() : DisplayUrl(target);
}

void Transfer::Release() {
  body_ = {};
  headers_.reset();
  reply_.clear();
}

}  // namespace vmtelem

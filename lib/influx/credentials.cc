#include "influx/credentials.h"

#include <utility>

#include "base/secret_file.h"
#include "influx/request.h"

namespace vmtelem {
namespace {

// libcurl copies the text of a header; this copy of a secret ends here.
bool AddHeader(curl_slist*& list, const std::string& header) {
  curl_slist* const longer = curl_slist_append(list, header.c_str());
  if (longer != nullptr) list = longer;
  return longer != nullptr;
}

CurlHeaders MakeHeaders(const Secret& authorization, Encoding encoding) {
  curl_slist* list = nullptr;
  // "Expect:" takes away a header that costs large bodies a round trip, or a second if the server ignores it.
  bool ok = AddHeader(list, "Content-Type: text/plain; charset=utf-8") && AddHeader(list, "Expect:");
  if (ok && encoding == Encoding::kGzip) ok = AddHeader(list, "Content-Encoding: gzip");
  if (ok && !authorization.empty()) ok = AddHeader(list, "Authorization: " + authorization.Reveal());
  CurlHeaders headers(list, curl_slist_free_all);
  return ok ? headers : nullptr;
}

}  // namespace

Credentials::Credentials(InfluxTarget target, LoggerPtr log) : target_(std::move(target)), log_(std::move(log)) {
  Use(target_.token);
  mask_.Add(target_.proxy.login);
  mask_.Add(Secret(Unescape(target_.proxy.login.Reveal())));
}

CurlHeaders Credentials::Headers(Encoding encoding) {
  if (std::exchange(refused_, false) && !target_.token_file.empty()) ReadAgain();
  return MakeHeaders(Authorization(target_), encoding);
}

void Credentials::ReadAgain() {
  Result<SecretFile> file = ReadSecretFile(target_.token_file);
  if (!file) {
    if (!std::exchange(logged_unreadable_, true))
      log_->warn("the token cannot be read again: {}", file.error().message);
    return;
  }
  logged_unreadable_ = false;
  if (file->secret.Reveal() == target_.token.Reveal()) return;
  log_->info("{} holds another token now, using that", target_.token_file);
  Use(file->secret);
}

void Credentials::Use(const Secret& token) {
  target_.token = token;
  const std::string header = Authorization(target_).Reveal();
  mask_.Add(token);
  mask_.Add(Secret(header.substr(header.find(' ') + 1)));
}

}  // namespace vmtelem

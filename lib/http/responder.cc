#include "http/responder.h"

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "http/accepted_encoding.h"
#include "http/packed_source.h"

namespace vmtelem {
namespace {

constexpr std::size_t kWorthPacking_bytes = 1024;  // less goes into one or two packets anyway

AccessRules RulesOf(const ListenAddress& address, const HttpServerOptions& options) {
  AccessRules rules{
      .address = address, .public_paths = options.public_paths, .has_token_file = !options.token_file.empty()};
  for (const std::string& host : options.hosts) {
    if (auto authority = ParseAuthority(host)) rules.hosts.push_back(std::move(*authority));
  }
  return rules;
}

HttpResponse TooMuchUnderWay() {
  HttpResponse response = HttpError(503, "too many large answers are under way");
  response.headers.push_back({"Retry-After", "5"});
  return response;
}

std::string MoreOfTheKind(std::uint64_t left_out) {
  return left_out == 0 ? "" : fmt::format(" ({} more since the last such message)", left_out);
}

}  // namespace

HttpResponder::HttpResponder(const ListenAddress& address, HttpServerOptions options, Clock& clock, LoggerPtr log)
    : router_(std::move(options.routes)),
      rules_(RulesOf(address, options)),
      token_(options.token_file, log),
      observer_(std::move(options.observer)),
      clock_(clock),
      log_(std::move(log)) {}

HttpResponse HttpResponder::Respond(const HttpRequest& request) {
  static const std::optional<Secret> kNotLookedAt;
  const auto& token = NeedsToken(rules_, request) ? token_.Current() : kNotLookedAt;
  if (const auto refusal = RefusalOf(rules_, token, request)) {
    return Finish(router_.RouteOf(request.path), Refuse(*refusal));
  }
  RoutedResponse routed = Route(request);
  Pack(request, routed.response);
  if (!bodies_.Fits(routed.response.body.size())) routed.response = TooMuchUnderWay();
  return Finish(routed.route, std::move(routed.response));
}

HttpResponse HttpResponder::Reject(const HttpRequest& request, int status, std::string_view detail) {
  return Finish(router_.RouteOf(request.path), HttpError(status, detail));
}

HttpResponse HttpResponder::Refuse(const AccessRefusal& refusal) {
  if (const auto left_out = throttle_.Admit(std::string(refusal.detail), clock_.SteadyNow())) {
    log_->warn("a request was refused with {}: {}{}", refusal.status, refusal.detail, MoreOfTheKind(*left_out));
  }
  HttpResponse response = HttpError(refusal.status, refusal.detail);
  if (refusal.status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"vmtelem\""});
  return response;
}

RoutedResponse HttpResponder::Route(const HttpRequest& request) {
  try {
    return router_.Answer(request);
  } catch (const std::exception& error) {
    if (const auto left_out = throttle_.Admit(error.what(), clock_.SteadyNow())) {
      log_->error("a request could not be answered: {}{}", error.what(), MoreOfTheKind(*left_out));
    }
    return {HttpError(500, "internal error"), router_.RouteOf(request.path)};
  }
}

void HttpResponder::Pack(const HttpRequest& request, HttpResponse& response) {
  if (!response.may_be_packed) return;
  response.headers.push_back({"Vary", "Accept-Encoding"});
  if (!AcceptsGzip(request.Header("accept-encoding")) || !PackBody(response)) return;
  response.headers.push_back({"Content-Encoding", "gzip"});
}

// False: it stays as it is.
bool HttpResponder::PackBody(HttpResponse& response) {
  if (response.source) {
    response.source = PackedSource(std::move(response.source));
    return true;
  }
  if (response.body.size() < kWorthPacking_bytes) return false;
  if (!gzip_) gzip_ = std::make_unique<GzipCompressor>();
  auto packed = gzip_->Compress(response.body);
  if (packed) response.body = std::move(*packed);
  return packed.has_value();
}

HttpResponse HttpResponder::Finish(std::string_view route, HttpResponse response) {
  if (observer_) observer_(route, response.status);
  response.headers.push_back({"Content-Type", response.content_type});
  response.headers.push_back({"Cache-Control", "no-store"});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  response.headers.push_back({"Referrer-Policy", "no-referrer"});
  return response;
}

}  // namespace vmtelem

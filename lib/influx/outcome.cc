#include "influx/outcome.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/parse.h"
#include "influx/refusal.h"
#include "influx/request.h"
#include "influx/server_text.h"

namespace vmtelem {
namespace {

constexpr unsigned kHandshakesBeforeHold = 3;

Verdict Make(Action action, ErrorCode cause, std::string reason, std::string hint = {}) {
  Verdict verdict;
  verdict.action = action;
  verdict.cause = cause;
  verdict.reason = std::move(reason);
  verdict.hint = std::move(hint);
  return verdict;
}

// "InfluxDB at https://host:8181 <what> (HTTP 400): <the server's words>"
std::string Described(const InfluxTarget& target, const Reply& reply, const std::string& what) {
  const std::string text = Excerpt(ErrorText(reply.body));
  return fmt::format("{} {} (HTTP {}){}{}", ServerName(target), what, reply.status, text.empty() ? "" : ": ", text);
}

Verdict WithoutAnswer(const InfluxTarget& target, const Reply& reply) {
  const std::string server = ServerName(target), error = Excerpt(reply.error);
  const std::string unreachable = fmt::format("{} cannot be reached: {}", server, error);
  switch (reply.transport) {
    case Reply::Transport::kTimeout:
      return Make(Action::kRetry, ErrorCode::kTimeout,
                  fmt::format("{} does not answer within {}", server, FormatDuration(target.timeout)));
    case Reply::Transport::kBroken:
      return Make(Action::kRetry, ErrorCode::kUnreachable,
                  fmt::format("{} broke off the connection: {}", server, error));
    case Reply::Transport::kHandshake:
      return Make(reply.handshakes_failed > kHandshakesBeforeHold ? Action::kHold : Action::kRetry,
                  ErrorCode::kUnreachable, unreachable);
    case Reply::Transport::kUntrusted:
      return Make(Action::kHold, ErrorCode::kUnreachable,
                  fmt::format("the certificate of {} is not accepted: {}", server, error),
                  "is INFLUX_CA_FILE the authority that signed it?");
    case Reply::Transport::kTlsSetup:
      return Make(Action::kHold, ErrorCode::kInvalid, unreachable, "can INFLUX_CA_FILE be read?");
    case Reply::Transport::kUnreachable:
    case Reply::Transport::kAnswered:
      break;
  }
  return Make(Action::kRetry, ErrorCode::kUnreachable, unreachable);
}

bool HasCredentials(const InfluxTarget& target) { return !target.token.empty() || !target.user.empty(); }

std::string TokenHint(const InfluxTarget& target) {
  return fmt::format("the token came from {}; may it write to database '{}'?", target.token_origin, target.database);
}

Verdict Denied(const InfluxTarget& target, const Reply& reply) {
  if (reply.status == 407) {
    return Make(Action::kHold, ErrorCode::kDenied,
                Described(target, reply, "is behind a proxy that wants credentials"));
  }
  if (!HasCredentials(target)) {
    return Make(Action::kHold, ErrorCode::kDenied, Described(target, reply, "wants credentials"));
  }
  return Make(Action::kHold, ErrorCode::kDenied, Described(target, reply, "refuses the token"), TokenHint(target));
}

std::string ApiQuestion(const InfluxTarget& target) {
  return fmt::format("does the server speak API {}?", NameOf(target.api));
}

Verdict Unfit(const InfluxTarget& target, const Reply& reply) {
  const bool redirect = reply.status / 100 == 3;
  const std::string where = reply.location.empty() ? "elsewhere" : "to " + Excerpt(reply.location);
  if (redirect) {
    return Make(Action::kHold, ErrorCode::kInvalid,
                fmt::format("{} redirects {} (HTTP {})", ServerName(target), where, reply.status),
                "redirects are not followed; INFLUX_URL should be the final address");
  }
  return Make(Action::kHold, ErrorCode::kInvalid, Described(target, reply, "refuses the request"), ApiQuestion(target));
}

bool IsBusy(int status) { return status == 408 || status == 425 || status == 429 || status == 499 || status == 503; }

bool RefusesEncoding(const Reply& reply) {
  const bool named = reply.status == 400 && reply.body.find("unacceptable content-encoding") != std::string::npos;
  return reply.compressed && (reply.status == 415 || named);
}

bool Has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// The cause that the server's words suggest, for a server that refuses every request.
std::string LikelyCause(const InfluxTarget& target, const Reply& reply) {
  if (IsHtml(reply.body)) return "is INFLUX_URL the address of InfluxDB?";
  if (Has(reply.body, "organization")) return "is INFLUX_ORG the name of an organisation there?";
  if (Has(reply.body, "retention policy")) return "does the retention policy of INFLUX_RP exist?";
  if (Has(reply.body, "no space left")) return "is the disk of the server full?";
  if (Has(reply.body, "limit")) return "has the server reached a limit?";
  if (reply.status == 403) return HasCredentials(target) ? TokenHint(target) : "the server wants credentials";
  if (reply.status == 404) return fmt::format("does database '{}' exist, and {}", target.database, ApiQuestion(target));
  return ApiQuestion(target);
}

Verdict Refused(const InfluxTarget& target, const Reply& reply, const Batch& batch) {
  Refusal refusal = ReadRefusal(reply.body, batch);
  const char* const colon = refusal.words.empty() ? "" : ": ";
  const bool in_part = refusal.others_stored && refusal.lines.size() < batch.line_count();
  Verdict verdict =
      Make(in_part ? Action::kAckPartly : Action::kRefuse, ErrorCode::kRefusedData,
           fmt::format("{} refuses data (HTTP {}){}{}", ServerName(target), reply.status, colon, refusal.words),
           LikelyCause(target, reply));
  verdict.lines = std::move(refusal.lines);
  if (reply.status == 403) verdict.cause = ErrorCode::kDenied;
  if (reply.status != 400 && reply.status != 403 && reply.status != 422) verdict.cause = ErrorCode::kInvalid;
  const char* const what = reply.status == 404   ? "has no such database or path"
                           : reply.status == 403 ? "refuses access"
                                                 : "refuses whatever it is sent";
  verdict.target_reason =
      fmt::format("{} {} (HTTP {}){}{}", ServerName(target), what, reply.status, colon, refusal.words);
  return verdict;
}

// A status of success over an error. Where no line is named the target is in trouble.
Verdict AnsweredError(const InfluxTarget& target, const Reply& reply, const Batch& batch) {
  Verdict verdict = Refused(target, reply, batch);
  if (!verdict.lines.empty()) return verdict;
  return Make(Action::kRetry, ErrorCode::kUnreachable, Described(target, reply, "answers with an error"));
}

// The words of this failure show a wrong setting, so it lasts until somebody corrects that.
bool IsSettingAtFault(const std::string& body) {
  const bool is_missing = Has(body, "not found") && (Has(body, "retention policy") || Has(body, "database") ||
                                                     Has(body, "bucket") || Has(body, "organization"));
  return is_missing && !IsHtml(body);
}

Verdict FailedInside(const InfluxTarget& target, const Reply& reply) {
  if (Has(reply.body, "max request size")) {
    return Make(Action::kSplit, ErrorCode::kRefusedData, Described(target, reply, "finds the request too large"));
  }
  if (!IsSettingAtFault(reply.body))
    return Make(Action::kRetry, ErrorCode::kUnreachable, Described(target, reply, "fails"));
  Verdict verdict = Make(Action::kRefuse, ErrorCode::kInvalid, Described(target, reply, "refuses data"));
  verdict.target_reason = Described(target, reply, "cannot take lines");
  verdict.hint = LikelyCause(target, reply);
  return verdict;
}

Verdict Answered(const InfluxTarget& target, const Reply& reply, const Batch& batch) {
  const int status = reply.status;
  if (status / 100 == 2 && HoldsError(reply.body)) return AnsweredError(target, reply, batch);
  if (status / 100 == 2 && !IsHtml(reply.body)) return {};
  if (status == 413) {
    return Make(Action::kSplit, ErrorCode::kRefusedData, Described(target, reply, "finds the request too large"));
  }
  if (RefusesEncoding(reply))
    return Make(Action::kResend, ErrorCode::kInvalid, Described(target, reply, "takes no gzip"));
  if (IsBusy(status)) return Make(Action::kRetry, ErrorCode::kUnreachable, Described(target, reply, "is busy"));
  if (status / 100 == 5) return FailedInside(target, reply);
  if (status == 401 || status == 407) return Denied(target, reply);
  if (status / 100 == 4) return Refused(target, reply, batch);
  return Unfit(target, reply);
}

// A gateway says of the server behind it that it did not answer, not that it had the lines.
bool IsGateway(int status) { return status == 502 || status == 504; }

// The server had the lines and then failed. Of a gateway too: it may say so each time that the server behind it breaks
// off.
bool LinesMayBeWhy(const Reply& reply) {
  if (!reply.lines_sent) return false;
  if (reply.transport == Reply::Transport::kAnswered) {
    return reply.status / 100 == 5 || reply.status / 100 == 2;
  }
  return reply.transport == Reply::Transport::kBroken || reply.transport == Reply::Transport::kTimeout;
}

}  // namespace

Verdict Classify(const InfluxTarget& target, const Reply& reply, const Batch& batch) {
  const bool answered = reply.transport == Reply::Transport::kAnswered;
  Verdict verdict = answered ? Answered(target, reply, batch) : WithoutAnswer(target, reply);
  verdict.retry_after = reply.retry_after;
  verdict.batch_suspected = verdict.action == Action::kRetry && LinesMayBeWhy(reply);
  verdict.busy = verdict.action == Action::kRetry && (IsBusy(reply.status) || IsGateway(reply.status));
  verdict.silent = reply.transport == Reply::Transport::kTimeout;
  if (verdict.silent) verdict.target_reason = ServerName(target) + " does not answer";
  return verdict;
}

}  // namespace vmtelem

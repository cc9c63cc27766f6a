#include "influx/influx_sink.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/gzip.h"
#include "influx/credentials.h"
#include "influx/curl_handles.h"
#include "influx/open_connections.h"
#include "influx/outcome.h"
#include "influx/request.h"
#include "influx/reuse_trial.h"
#include "influx/transfer.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kLongestPoll = std::chrono::hours(1);  // curl_multi_poll() takes an int of milliseconds

TargetNames NamesOf(const InfluxTarget& target) {
  return {target.api,          "InfluxDB at " + DisplayUrl(target.url),       target.database,
          target.token_origin, !target.token.empty() || !target.user.empty(), target.timeout};
}

class InfluxSink final : public Sink {
 public:
  InfluxSink(const InfluxTarget& target, Transfer::Settings settings, Clock& clock, LoggerPtr log);
  ~InfluxSink() override { InfluxSink::Abort(); }

  void Start(TransferId id, std::shared_ptr<const Batch> batch) override;
  std::vector<Completion> Wait(Nanoseconds timeout) override;
  void Wake() noexcept override;
  void Abort() override;

  [[nodiscard]] bool ready() const { return multi_ != nullptr; }

 private:
  using Transfers = std::vector<std::unique_ptr<Transfer>>;

  std::unique_ptr<Transfer> IdleTransfer();
  Transfer::Body MakeBody(std::shared_ptr<const Batch> batch);
  void TakeCompleted();
  bool SendElsewhere(Transfer& transfer);
  void JudgeConnection(const Transfer& transfer);
  Completion Complete(Transfer& transfer, CURLcode code);
  void Adapt(const Verdict& verdict);
  void FailToStart(TransferId id);
  void Retire(Transfers::iterator transfer);

  const Transfer::Settings settings_;
  const TargetNames names_;
  Clock& clock_;
  LoggerPtr log_;
  Credentials credentials_;
  GzipCompressor compressor_;
  bool gzip_;
  unsigned handshakes_failed_ = 0;
  OpenConnections connections_;  // before those that close sockets through it
  ReuseTrial reuse_;
  CurlMulti multi_;
  Transfers active_, idle_;
  std::vector<Completion> completed_;
  std::atomic<bool> woken_{false};
};

InfluxSink::InfluxSink(const InfluxTarget& target, Transfer::Settings settings, Clock& clock, LoggerPtr log)
    : settings_(std::move(settings)),
      names_(NamesOf(target)),
      clock_(clock),
      log_(std::move(log)),
      credentials_(target, log_),
      gzip_(target.gzip),
      reuse_(connections_, names_.server, log_),
      multi_(curl_multi_init()) {}

void InfluxSink::Start(TransferId id, std::shared_ptr<const Batch> batch) {
  std::unique_ptr<Transfer> transfer = IdleTransfer();
  if (!transfer) return FailToStart(id);
  Transfer::Body body = MakeBody(std::move(batch));
  CurlHeaders headers = credentials_.Headers(body.gzip ? Encoding::kGzip : Encoding::kIdentity);
  if (!headers) return FailToStart(id);
  const SteadyTime now = clock_.SteadyNow();
  transfer->Prepare(id, std::move(body), std::move(headers), now);
  transfer->ChooseConnection(reuse_.Next(now));
  if (curl_multi_add_handle(multi_.get(), transfer->easy()) != CURLM_OK) return FailToStart(id);
  active_.push_back(std::move(transfer));
}

std::unique_ptr<Transfer> InfluxSink::IdleTransfer() {
  if (idle_.empty()) return Transfer::Make(settings_, connections_);
  std::unique_ptr<Transfer> transfer = std::move(idle_.back());
  idle_.pop_back();
  return transfer;
}

Transfer::Body InfluxSink::MakeBody(std::shared_ptr<const Batch> batch) {
  if (!gzip_) return {std::move(batch), nullptr};
  if (batch->gzip()) return {batch, batch->gzip()};
  std::optional<std::string> packed = compressor_.Compress(batch->bytes());
  if (!packed) return {std::move(batch), nullptr};
  return {std::move(batch), std::make_shared<const std::string>(*std::move(packed))};
}

void InfluxSink::FailToStart(TransferId id) {
  Verdict verdict;
  verdict.action = Action::kRetry;
  verdict.cause = ErrorCode::kInternal;
  verdict.reason = "a request cannot be made: out of memory";
  completed_.push_back({id, std::move(verdict), {}});
}

std::vector<Completion> InfluxSink::Wait(Nanoseconds timeout) {
  const SteadyTime until = clock_.SteadyNow() + timeout;
  while (true) {
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    TakeCompleted();
    const Nanoseconds left = until - clock_.SteadyNow();
    const bool woken = woken_.exchange(false);
    if (!completed_.empty() || woken || left <= Nanoseconds::zero()) return std::exchange(completed_, {});
    const auto poll_ms = std::chrono::ceil<std::chrono::milliseconds>(std::min(left, kLongestPoll)).count();
    curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(poll_ms), nullptr);
  }
}

void InfluxSink::TakeCompleted() {
  int queued = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &queued)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // gone with the message once the handle is removed
    const auto found = std::find_if(active_.begin(), active_.end(),
                                    [&](const auto& transfer) { return transfer->easy() == message->easy_handle; });
    if (SendElsewhere(**found)) continue;
    JudgeConnection(**found);
    completed_.push_back(Complete(**found, code));
    Retire(found);
  }
}

// A request that did not go out since something lay on its connection.
bool InfluxSink::SendElsewhere(Transfer& transfer) {
  if (!transfer.watch().was_held_back()) return false;
  if (!transfer.watch().tls_has_ended()) reuse_.CameUnasked();
  curl_multi_remove_handle(multi_.get(), transfer.easy());
  transfer.ChooseConnection(ReuseTrial::Use::kNew);
  return curl_multi_add_handle(multi_.get(), transfer.easy()) == CURLM_OK;
}

// What becomes of the connection on which a request went out.
void InfluxSink::JudgeConnection(const Transfer& transfer) {
  const OpenConnections::Connection connection = transfer.LeftOpen();
  const bool came_unasked = transfer.watch().answered_early() || transfer.watch().more_came();
  if (came_unasked) reuse_.CameUnasked();
  if (!connections_.IsOpen(connection)) return;
  if (transfer.IsOverHttp2()) return reuse_.ServedApart();
  connections_.Rest(connection);
  reuse_.Served(connection, clock_.SteadyNow());
  if (came_unasked) OpenConnections::End(connection);
}

Completion InfluxSink::Complete(Transfer& transfer, CURLcode code) {
  Reply reply = transfer.TakeReply(code);
  if (reply.transport == Reply::Transport::kHandshake) ++handshakes_failed_;
  if (reply.transport == Reply::Transport::kAnswered) handshakes_failed_ = 0;
  reply.handshakes_failed = handshakes_failed_;
  Verdict verdict = Classify(names_, reply, transfer.batch());
  for (std::string* const words : {&verdict.reason, &verdict.target_reason, &verdict.hint}) {
    *words = credentials_.Redact(std::move(*words));
  }
  Adapt(verdict);
  const Nanoseconds latency = clock_.SteadyNow() - transfer.started_at();
  verdict.slow = latency > settings_.timeout / 2;
  return {transfer.id(), std::move(verdict), latency};
}

void InfluxSink::Adapt(const Verdict& verdict) {
  const bool may_be_token = verdict.action == Action::kRefuse && verdict.lines.empty();
  if (verdict.action == Action::kHold || may_be_token) credentials_.Refused();
  if (verdict.action == Action::kResend && std::exchange(gzip_, false)) {
    log_->info("{}; sending without compression from now on", verdict.reason);
  }
}

void InfluxSink::Retire(Transfers::iterator transfer) {
  curl_multi_remove_handle(multi_.get(), (*transfer)->easy());
  (*transfer)->Release();
  idle_.push_back(std::move(*transfer));
  active_.erase(transfer);
}

void InfluxSink::Wake() noexcept {
  woken_ = true;
  curl_multi_wakeup(multi_.get());
}

void InfluxSink::Abort() {
  while (!active_.empty()) Retire(active_.begin());
  completed_.clear();
}

}  // namespace

Result<std::unique_ptr<Sink>> MakeInfluxSink(const InfluxTarget& target, Clock& clock, LoggerPtr log) {
  static const CURLcode kInitialised = curl_global_init(CURL_GLOBAL_DEFAULT);  // once, thread-safe since 7.84
  if (kInitialised != CURLE_OK) return Fail(ErrorCode::kInternal, "libcurl cannot be initialised");
  const Result<std::string> url = WriteUrl(target);
  if (!url) return tl::make_unexpected(url.error());
  const Transfer::Settings settings{*url, target.ca_file, target.timeout, target.proxy};
  OpenConnections none;
  if (!Transfer::Make(settings, none)) return Fail(ErrorCode::kInternal, "libcurl lacks an option that is needed");
  auto sink = std::make_unique<InfluxSink>(target, settings, clock, std::move(log));
  if (!sink->ready()) return Fail(ErrorCode::kInternal, "libcurl cannot be initialised: out of memory");
  return sink;
}

std::string CurlVersion() { return curl_version(); }

}  // namespace vmtelem

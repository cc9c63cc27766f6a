#include "influx/influx_sink.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "base/gzip.h"
#include "influx/credentials.h"
#include "influx/outcome.h"
#include "influx/request.h"
#include "influx/reuse_trial.h"
#include "influx/transfer_pool.h"

namespace vmtelem {
namespace {

class InfluxSink final : public Sink {
 public:
  InfluxSink(const InfluxTarget& target, std::string url, Clock& clock, LoggerPtr log);
  ~InfluxSink() override { InfluxSink::Abort(); }

  [[nodiscard]] bool IsUsable() { return transfers_.IsUsable(); }

  void Start(TransferId id, std::shared_ptr<const Batch> batch) override;
  std::vector<Completion> Wait(Nanoseconds timeout) override;
  void Wake() noexcept override;
  void Abort() override;

 private:
  Transfer::Body MakeBody(std::shared_ptr<const Batch> batch);
  void TakeCompleted();
  bool SendElsewhere(Transfer& transfer);
  void JudgeConnection(const Transfer& transfer);
  Completion Complete(Transfer& transfer, CURLcode code);
  void Adapt(const Verdict& verdict);
  void FailToStart(TransferId id);

  const InfluxTarget target_;
  Clock& clock_;
  LoggerPtr log_;
  Credentials credentials_;
  GzipCompressor compressor_;
  bool gzip_;
  unsigned handshakes_failed_ = 0;
  TransferPool transfers_;
  ReuseTrial reuse_;
  std::vector<Completion> completed_;
  std::atomic<bool> woken_{false};
};

InfluxSink::InfluxSink(const InfluxTarget& target, std::string url, Clock& clock, LoggerPtr log)
    : target_(target),
      clock_(clock),
      log_(std::move(log)),
      credentials_(target, log_),
      gzip_(target.gzip),
      transfers_(target_, std::move(url)),
      reuse_(transfers_.connections(), ServerName(target), log_) {}

void InfluxSink::Start(TransferId id, std::shared_ptr<const Batch> batch) {
  std::unique_ptr<Transfer> transfer = transfers_.TakeIdle();
  if (!transfer) return FailToStart(id);
  Transfer::Body body = MakeBody(std::move(batch));
  CurlHeaders headers = credentials_.Headers(body.gzip ? Encoding::kGzip : Encoding::kIdentity);
  if (!headers) return FailToStart(id);
  const SteadyTime now = clock_.SteadyNow();
  transfer->Prepare(id, std::move(body), std::move(headers), now);
  transfer->ChooseConnection(reuse_.Next(now));
  if (!transfers_.Start(std::move(transfer))) FailToStart(id);
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
  completed_.push_back({.id = id, .verdict = std::move(verdict)});
}

std::vector<Completion> InfluxSink::Wait(Nanoseconds timeout) {
  const SteadyTime until = clock_.SteadyNow() + timeout;
  while (true) {
    transfers_.Perform();
    TakeCompleted();
    const Nanoseconds left = until - clock_.SteadyNow();
    const bool woken = woken_.exchange(false);
    if (!completed_.empty() || woken || left <= Nanoseconds::zero()) return std::exchange(completed_, {});
    transfers_.WaitFor(left);
  }
}

void InfluxSink::TakeCompleted() {
  while (const auto ended = transfers_.NextEnded()) {
    if (SendElsewhere(*ended->transfer)) continue;
    JudgeConnection(*ended->transfer);
    completed_.push_back(Complete(*ended->transfer, ended->code));
    transfers_.Retire(*ended->transfer);
  }
}

// Sends a request again that did not go out, since bytes had come on its connection. False if it did go out.
bool InfluxSink::SendElsewhere(Transfer& transfer) {
  if (!transfer.watch().was_held_back()) return false;
  if (!transfer.watch().tls_has_ended()) reuse_.CameUnasked();
  return transfers_.Restart(transfer, ReuseTrial::Use::kNew);
}

// Decides whether the connection on which a request went out may serve others.
void InfluxSink::JudgeConnection(const Transfer& transfer) {
  const OpenConnections::Connection connection = transfer.LeftOpen();
  const bool came_unasked = transfer.watch().answered_early() || transfer.watch().more_came();
  if (came_unasked) reuse_.CameUnasked();
  if (!transfers_.connections().IsOpen(connection)) return;
  if (transfer.IsOverHttp2()) return reuse_.ServedApart();
  transfers_.connections().Rest(connection);
  reuse_.Served(connection, clock_.SteadyNow());
  if (came_unasked) OpenConnections::End(connection);
}

Completion InfluxSink::Complete(Transfer& transfer, CURLcode code) {
  Reply reply = transfer.TakeReply(code);
  if (reply.transport == Reply::Transport::kHandshake) ++handshakes_failed_;
  if (reply.transport == Reply::Transport::kAnswered) handshakes_failed_ = 0;
  reply.handshakes_failed = handshakes_failed_;
  Verdict verdict = Classify(target_, reply, transfer.batch());
  for (std::string* const words : {&verdict.reason, &verdict.target_reason, &verdict.hint}) {
    *words = credentials_.Redact(std::move(*words));
  }
  Adapt(verdict);
  const Nanoseconds latency = clock_.SteadyNow() - transfer.started_at();
  verdict.slow = latency > target_.timeout / 2;
  const bool is_answered = reply.transport == Reply::Transport::kAnswered;
  return {transfer.id(), std::move(verdict), latency, is_answered ? reply.status : 0};
}

void InfluxSink::Adapt(const Verdict& verdict) {
  const bool may_be_token = verdict.action == Action::kRefuse && verdict.lines.empty();
  if (verdict.action == Action::kHold || may_be_token) credentials_.Refused();
  if (verdict.action == Action::kResend && std::exchange(gzip_, false)) {
    log_->info("{}; sending without compression from now on", verdict.reason);
  }
}

void InfluxSink::Wake() noexcept {
  woken_ = true;
  transfers_.Wake();
}

void InfluxSink::Abort() {
  transfers_.RetireAll();
  completed_.clear();
}

}  // namespace

Result<std::unique_ptr<Sink>> MakeInfluxSink(const InfluxTarget& target, Clock& clock, LoggerPtr log) {
  static const CURLcode kInitialised = curl_global_init(CURL_GLOBAL_DEFAULT);  // once, thread-safe since 7.84
  if (kInitialised != CURLE_OK) return Fail(ErrorCode::kInternal, "libcurl cannot be initialised");
  const Result<std::string> url = WriteUrl(target);
  if (!url) return tl::make_unexpected(url.error());
  auto sink = std::make_unique<InfluxSink>(target, *url, clock, std::move(log));
  if (!sink->IsUsable())
    return Fail(ErrorCode::kInternal, "libcurl lacks an option that is needed, or is out of memory");
  return sink;
}

std::string CurlVersion() { return curl_version(); }

}  // namespace vmtelem

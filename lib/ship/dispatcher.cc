#include "ship/dispatcher.h"

#include <algorithm>
#include <utility>

namespace vmtelem {
namespace {

bool IsAck(const Verdict& verdict) { return verdict.action == Action::kAck || verdict.action == Action::kAckPartly; }

}  // namespace

Dispatcher::Dispatcher(Options options, Parts parts)
    : options_(std::move(options)),
      gate_(OwnBackoff(options_.retry_max)),
      parts_(parts),
      waiting_(parts.spool, options_.live_for),
      pace_(options_.backlog_rate),
      record_(OwnBackoff(options_.retry_max)) {
  options_.max_in_flight = std::max<std::size_t>(options_.max_in_flight, 1);
}

void Dispatcher::Sealed(std::uint64_t id, std::size_t lines, SteadyTime now) {
  waiting_.Sealed(id, now);
  pace_.Sealed(lines, now);
}

void Dispatcher::Land(Outgoing& outgoing) {
  parts_.ledger.Move(outgoing.flying(), outgoing.waiting(), outgoing.sent->line_count());
  outgoing.transfer.reset();
}

void Dispatcher::Settle(const Completion& completion, SteadyTime now) {
  const auto found = std::find_if(outgoing_.begin(), outgoing_.end(),
                                  [&](const auto& outgoing) { return outgoing->transfer == completion.id; });
  if (found == outgoing_.end()) return;
  Outgoing& outgoing = **found;
  const Verdict& verdict = completion.verdict;
  Land(outgoing);
  NoteAnswer(completion, outgoing, now);
  const Step step = outgoing.batch.Settle(verdict, record_.accepted(), record_.trials());
  Account(step, outgoing, verdict, now);
  SetPace(outgoing, step, verdict, now);
  outgoing.sent.reset();
  if (!outgoing.batch.done()) return;
  Acknowledge(outgoing);
  outgoing_.erase(found);
}

void Dispatcher::NoteAnswer(const Completion& completion, const Outgoing& outgoing, SteadyTime now) {
  const Verdict& verdict = completion.verdict;
  const std::size_t lines = outgoing.sent->line_count(), bytes = outgoing.sent->bytes().size();
  parts_.log.Answered(completion, *outgoing.sent);
  const TrackRecord::Request request{!outgoing.batch.sent_suspect(), outgoing.batch.proving()};
  if (verdict.batch_suspected) record_.Failed(request, now);
  if (verdict.action != Action::kRetry) counts_.write_latency = completion.latency;
  if (verdict.action == Action::kSplit && lines > 1) size_limit_.Refused(bytes);
  if (!IsAck(verdict)) return;
  if (verdict.slow) {
    size_limit_.TookLong(bytes);
  } else {
    size_limit_.Accepted(bytes);
  }
  if (verdict.lines.size() + verdict.unnamed_lines < lines) record_.Accepted(request, now);
  if (!gate_.Open(outgoing.round)) return;
  fault_.reset();
  parts_.log.Recovered(WaitingLines() - lines, now);
}

void Dispatcher::Account(const Step& step, const Outgoing& outgoing, const Verdict& verdict, SteadyTime now) {
  const Place waiting = outgoing.waiting();
  if (step.written > 0) parts_.ledger.Move(waiting, Place::kWritten, step.written);
  if (step.search_began) parts_.log.SearchBegan(verdict, now);
  for (const Rejection& rejection : step.rejections) {
    for (const std::string& line : rejection.texts) parts_.spool.KeepRejected(line, rejection.reason);
    parts_.ledger.Move(waiting, Place::kRejected, rejection.lines);
    parts_.log.Rejected(rejection, now);
    last_rejection_ = Error{ErrorCode::kRefusedData, rejection.reason, verdict.hint};
  }
}

void Dispatcher::SetPace(Outgoing& outgoing, const Step& step, const Verdict& verdict, SteadyTime now) {
  outgoing.tried = step.delay != Step::Delay::kNone || verdict.action == Action::kResend;
  if (step.delay == Step::Delay::kNone || step.closer) outgoing.backoff.Reset();
  if (step.delay == Step::Delay::kNone) return;
  fault_ = Error{verdict.cause, verdict.reason, verdict.hint};
  if (step.delay == Step::Delay::kAlone && !verdict.retry_after) {
    outgoing.not_before = now + outgoing.backoff.Next(std::nullopt);
    if (outgoing.doubted) record_.FailedWithoutEvidence(now);
    return;
  }
  if (step.delay == Step::Delay::kHold) {
    gate_.Hold(now, verdict.retry_after);
  } else {
    gate_.Retry(outgoing.round, now, verdict.retry_after);
  }
  outgoing.not_before = gate_.ready_at();
  parts_.log.Trouble(gate_.state(), verdict, WaitingLines(), now);
}

void Dispatcher::Hasten(SteadyTime now, Nanoseconds cap) {
  draining_ = true;
  record_.Hasten(cap);
  gate_.Hasten(now, cap);
  for (const auto& outgoing : outgoing_) {
    outgoing->not_before = std::min(outgoing->not_before, now);
    outgoing->backoff.set_cap(gate_.cap());
  }
}

void Dispatcher::Abort() {
  parts_.sink.Abort();
  for (const auto& outgoing : outgoing_) {
    if (outgoing->transfer) Land(*outgoing);
  }
}

void Dispatcher::PutBack() {
  for (const SpooledBatch& part : waiting_.TakeLeftOver()) {
    outgoing_.push_back(std::make_unique<Outgoing>(WaitingBatches::Parts{part}, false, OwnBackoff(gate_.cap())));
  }
  for (const auto& outgoing : outgoing_) {
    if (outgoing->batch.durable()) continue;
    Acknowledge(*outgoing);
    const auto rest = std::make_shared<const Batch>(outgoing->batch.Remaining());
    if (parts_.spool.Add(rest).durable) parts_.ledger.Move(Place::kQueued, Place::kSpooled, rest->line_count());
  }
  outgoing_.clear();
}

void Dispatcher::Acknowledge(const Outgoing& outgoing) {
  for (const std::uint64_t id : outgoing.batch.ids()) parts_.spool.Acknowledge(id);
}

std::uint64_t Dispatcher::WaitingLines() const {
  const LineCounts counts = parts_.ledger.counts();
  return counts.queued + counts.spooled + counts.in_flight;
}

}  // namespace vmtelem

#include "ship/dispatcher.h"

#include <algorithm>
#include <utility>

namespace vmtelem {
namespace {

// Batches of which every line is refused wait beside those in flight; others are tried meanwhile, to tell whether the
// lines or the database are to blame.
constexpr std::size_t kMaxDoubted = 8;

bool IsAck(const Verdict& verdict) { return verdict.action == Action::kAck || verdict.action == Action::kAckPartly; }

}  // namespace

// A line that a durable spool holds is there until it is settled, in flight or not.
Dispatcher::Dispatcher(std::size_t max_in_flight, Gate gate, Parts parts)
    : max_in_flight_(std::max<std::size_t>(max_in_flight, 1)),
      gate_(std::move(gate)),
      parts_(parts),
      waiting_(parts.spool.stats().durable ? Place::kSpooled : Place::kQueued),
      flying_(parts.spool.stats().durable ? Place::kSpooled : Place::kInFlight) {}

void Dispatcher::Start(SteadyTime now, Which which) {
  while (MayStart(now)) {
    Outgoing* next = Choose(now, which);
    if (next == nullptr) return;
    Send(*next);
  }
}

bool Dispatcher::MayStart(SteadyTime now) const { return in_flight() < SlotsOpen() && now >= gate_.ready_at(); }

std::size_t Dispatcher::SlotsOpen() const { return held() ? 1 : max_in_flight_; }

std::size_t Dispatcher::in_flight() const {
  return static_cast<std::size_t>(std::count_if(outgoing_.begin(), outgoing_.end(),
                                                [](const auto& outgoing) { return outgoing->transfer.has_value(); }));
}

std::size_t Dispatcher::Room() const {
  const auto doubted =
      static_cast<std::size_t>(std::count_if(outgoing_.begin(), outgoing_.end(), [this](const auto& outgoing) {
        return outgoing->batch.needs_evidence(accepted_);
      }));
  const std::size_t limit = max_in_flight_ + std::min(doubted, kMaxDoubted);
  return limit - std::min(limit, outgoing_.size());
}

bool Dispatcher::HasRoom(SteadyTime now) const { return MayStart(now) && Room() > 0; }

// The oldest that may go; one that needs evidence from others only if there is no other.
Dispatcher::Outgoing* Dispatcher::Choose(SteadyTime now, Which which) {
  Outgoing* doubted = nullptr;
  for (const auto& outgoing : outgoing_) {
    if (outgoing->transfer || outgoing->not_before > now) continue;
    if (!outgoing->batch.needs_evidence(accepted_)) return outgoing.get();
    if (doubted == nullptr) doubted = outgoing.get();
  }
  Outgoing* fresh = Pull();
  return fresh == nullptr && which == Which::kAll ? doubted : fresh;
}

Dispatcher::Outgoing* Dispatcher::Pull() {
  while (Room() > 0) {
    std::optional<SpooledBatch> next = parts_.spool.Next();
    spool_empty_ = !next;
    if (!next) return nullptr;
    auto outgoing = std::make_unique<Outgoing>(std::move(*next));
    if (outgoing->batch.done()) {
      parts_.spool.Acknowledge(outgoing->batch.id());
      continue;
    }
    outgoing_.push_back(std::move(outgoing));
    return outgoing_.back().get();
  }
  return nullptr;
}

void Dispatcher::Send(Outgoing& outgoing) {
  outgoing.sent = outgoing.batch.Next(accepted_, size_limit_.max_bytes());
  outgoing.transfer = ++last_transfer_;
  outgoing.round = gate_.round();
  parts_.ledger.Move(waiting_, flying_, outgoing.sent->line_count());
  ++counts_.writes;
  if (outgoing.tried) ++counts_.write_retries;
  parts_.log.Sent(*outgoing.sent);
  parts_.sink.Start(*outgoing.transfer, outgoing.sent);
}

void Dispatcher::Land(Outgoing& outgoing) {
  parts_.ledger.Move(flying_, waiting_, outgoing.sent->line_count());
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
  const Step step = outgoing.batch.Settle(verdict, accepted_, trials_);
  Account(step, verdict, now);
  SetPace(outgoing, step.delay, verdict, now);
  outgoing.sent.reset();
  if (!outgoing.batch.done()) return;
  parts_.spool.Acknowledge(outgoing.batch.id());
  outgoing_.erase(found);
}

void Dispatcher::NoteAnswer(const Completion& completion, const Outgoing& outgoing, SteadyTime now) {
  const Verdict& verdict = completion.verdict;
  const std::size_t lines = outgoing.sent->line_count(), bytes = outgoing.sent->bytes().size();
  parts_.log.Answered(completion, *outgoing.sent);
  const bool trial = !outgoing.batch.sent_suspect();
  if (trial && verdict.batch_suspected) ++trials_.suspected;
  if (verdict.action != Action::kRetry) counts_.write_latency = completion.latency;
  if (verdict.action == Action::kSplit && lines > 1) size_limit_.Refused(bytes);
  if (!IsAck(verdict)) return;
  if (verdict.slow) {
    size_limit_.TookLong(bytes);
  } else {
    size_limit_.Accepted(bytes);
  }
  if (verdict.lines.size() + verdict.unnamed_lines < lines) {
    ++accepted_;
    if (trial) ++trials_.accepted;
  }
  if (!gate_.Open(outgoing.round)) return;
  fault_.reset();
  parts_.log.Recovered(WaitingLines() - lines, now);
}

void Dispatcher::Account(const Step& step, const Verdict& verdict, SteadyTime now) {
  if (step.written > 0) parts_.ledger.Move(waiting_, Place::kWritten, step.written);
  if (step.search_began) parts_.log.SearchBegan(verdict, now);
  for (const Rejection& rejection : step.rejections) {
    parts_.ledger.Move(waiting_, Place::kRejected, rejection.lines);
    parts_.log.Rejected(rejection, now);
    last_rejection_ = Error{ErrorCode::kRefusedData, rejection.reason, verdict.hint};
  }
}

void Dispatcher::SetPace(Outgoing& outgoing, Step::Delay delay, const Verdict& verdict, SteadyTime now) {
  outgoing.tried = delay != Step::Delay::kNone || verdict.action == Action::kResend;
  if (delay == Step::Delay::kNone) return;
  if (delay == Step::Delay::kHold) {
    gate_.Hold(now, verdict.retry_after);
  } else {
    gate_.Retry(outgoing.round, now, verdict.retry_after);
  }
  outgoing.not_before = gate_.ready_at();
  fault_ = Error{verdict.cause, verdict.reason, verdict.hint};
  parts_.log.Trouble(gate_.state(), verdict, WaitingLines(), now);
}

std::optional<SteadyTime> Dispatcher::NextStart(SteadyTime now) const {
  if (in_flight() >= SlotsOpen()) return std::nullopt;
  std::optional<SteadyTime> first;
  for (const auto& outgoing : outgoing_) {
    if (!outgoing->transfer && (!first || outgoing->not_before < *first)) first = outgoing->not_before;
  }
  if (!first && gate_.ready_at() > now) first = gate_.ready_at();
  return first ? std::optional(std::max(*first, gate_.ready_at())) : std::nullopt;
}

void Dispatcher::Hasten(SteadyTime now, Nanoseconds cap) {
  gate_.Hasten(now, cap);
  for (const auto& outgoing : outgoing_) outgoing->not_before = std::min(outgoing->not_before, now);
}

void Dispatcher::Abort() {
  parts_.sink.Abort();
  for (const auto& outgoing : outgoing_) {
    if (outgoing->transfer) Land(*outgoing);
  }
}

std::uint64_t Dispatcher::GiveUp() {
  std::uint64_t lines = 0;
  for (const auto& outgoing : outgoing_) {
    lines += outgoing->batch.remaining_lines();
    parts_.spool.Acknowledge(outgoing->batch.id());
  }
  outgoing_.clear();
  while (std::optional<SpooledBatch> next = parts_.spool.Next()) {
    lines += next->batch->line_count();
    parts_.spool.Acknowledge(next->id);
  }
  spool_empty_ = true;
  parts_.ledger.Move(waiting_, Place::kDropped, lines);
  return lines;
}

std::uint64_t Dispatcher::WaitingLines() const {
  const LineCounts counts = parts_.ledger.counts();
  return counts.queued + counts.spooled + counts.in_flight;
}

}  // namespace vmtelem

#include "ship/dispatcher.h"

#include <algorithm>
#include <utility>

namespace vmtelem {
namespace {

bool IsAck(const Verdict& verdict) { return verdict.action == Action::kAck || verdict.action == Action::kAckPartly; }

// Of what turned out to be the target's fault.
Error TargetFault(const Verdict& verdict) {
  const ErrorCode cause = verdict.cause == ErrorCode::kRefusedData ? ErrorCode::kInvalid : verdict.cause;
  return {cause, verdict.target_reason.empty() ? verdict.reason : verdict.target_reason, verdict.hint};
}

}  // namespace

Dispatcher::Dispatcher(Options options, Parts parts)
    : options_(std::move(options)),
      gate_(OwnBackoff(options_.retry_max)),
      parts_(parts),
      waiting_(parts.spool, options_.live_for),
      pace_(options_.backlog_rate) {
  options_.max_in_flight = std::max<std::size_t>(options_.max_in_flight, 1);
}

void Dispatcher::Sealed(std::uint64_t id, std::size_t lines, SteadyTime now) {
  waiting_.Sealed(id, now);
  pace_.Sealed(lines, now);
}

void Dispatcher::Land(Outgoing& outgoing) {
  if (!outgoing.probing) parts_.ledger.Move(outgoing.flying(), outgoing.waiting(), outgoing.sent->line_count());
  outgoing.transfer.reset();
}

void Dispatcher::Settle(const Completion& completion, SteadyTime now) {
  const auto found = std::find_if(outgoing_.begin(), outgoing_.end(),
                                  [&](const auto& outgoing) { return outgoing->transfer == completion.id; });
  if (found == outgoing_.end()) return;
  Outgoing& outgoing = **found;
  Land(outgoing);
  const bool stored_before = record_.last_was_stored(), was_held = held();
  NoteAnswer(completion, outgoing, now);
  NoteOthers(completion, outgoing, now);
  Step step = SettleBatch(outgoing, completion.verdict, stored_before);
  const bool is_refused_still = was_held && held() && !IsAck(completion.verdict);
  if (is_refused_still && step.delay == Step::Delay::kNone) step.delay = Step::Delay::kHold;
  Account(step, outgoing, now);
  SetPace(outgoing, step, completion.verdict, now);
  outgoing.sent.reset();
  HandBackIfFull(outgoing);
  ForgetDone();
}

Step Dispatcher::SettleBatch(Outgoing& outgoing, const Verdict& verdict, bool stored_before) {
  if (!outgoing.probing) {
    outgoing.newest_when_settled = last_transfer_;
    return outgoing.batch.lines().Settle(verdict, stored_before);
  }
  const bool is_stored_line = outgoing.sent == record_.stored_line();
  if (verdict.action == Action::kRefuse && is_stored_line && !held()) record_.ForgetStoredLine();
  return outgoing.batch.lines().SettleProbe(verdict);
}

// Nothing follows for others from what was stored in part: it says neither that the target takes lines nor that it does
// not. Nor from what was stored, if it was sent before they were answered: it may be of before.
void Dispatcher::NoteOthers(const Completion& completion, const Outgoing& outgoing, SteadyTime now) {
  if (completion.verdict.action == Action::kAckPartly) return;
  const bool stored = completion.verdict.action == Action::kAck;
  for (const auto& other : outgoing_) {
    if (other.get() == &outgoing && !outgoing.probing) continue;
    if (stored && completion.id <= other->newest_when_settled) continue;
    const Step step = other->batch.lines().NoteOther(stored);
    Account(step, *other, now);
    if (!step.closer) continue;
    other->backoff.Reset();
    other->not_before = now;
  }
}

void Dispatcher::NoteAnswer(const Completion& completion, const Outgoing& outgoing, SteadyTime now) {
  const Verdict& verdict = completion.verdict;
  parts_.log.Answered(completion, *outgoing.sent);
  if (verdict.action != Action::kRetry) counts_.write_latency = completion.latency;
  if (!outgoing.probing) NoteSize(verdict, *outgoing.sent);
  if (verdict.action == Action::kAck) record_.Stored(*outgoing.sent, now);
  const bool in_part = verdict.action == Action::kAckPartly && verdict.lines.size() < outgoing.sent->line_count();
  if (in_part) record_.StoredInPart(outgoing.sent->Without(verdict.lines));
  if (IsAck(verdict) && parts_.sample != nullptr) parts_.sample->Stored(*outgoing.sent, verdict);
  if (!IsAck(verdict)) record_.NotStored();
  if (verdict.batch_suspected && !outgoing.batch.lines().searching()) record_.Failed();
  if (!IsAck(verdict) || !gate_.Open(outgoing.round)) return;
  fault_.reset();
  parts_.log.Recovered(WaitingLines() - (outgoing.probing ? 0 : outgoing.sent->line_count()), now);
}

void Dispatcher::NoteSize(const Verdict& verdict, const Batch& sent) {
  const std::size_t bytes = sent.bytes().size();
  if (verdict.action == Action::kSplit && sent.line_count() > 1) size_limit_.Refused(bytes);
  if (!IsAck(verdict)) return;
  if (verdict.slow) {
    size_limit_.TookLong(bytes);
  } else {
    size_limit_.Accepted(bytes);
  }
}

void Dispatcher::Account(const Step& step, const Outgoing& outgoing, SteadyTime now) {
  const Place waiting = outgoing.waiting();
  if (step.written > 0) parts_.ledger.Move(waiting, Place::kWritten, step.written);
  if (step.search_began) parts_.log.SearchBegan(outgoing.batch.lines().words(), now);
  for (const Rejection& rejection : step.rejections) {
    for (const std::string& line : rejection.texts) parts_.spool.KeepRejected(line, rejection.reason);
    parts_.ledger.Move(waiting, Place::kRejected, rejection.texts.size());
    parts_.log.Rejected(rejection, now);
    if (parts_.sample != nullptr) parts_.sample->Rejected(rejection);
    last_rejection_ = Error{ErrorCode::kRefusedData, rejection.reason, {}};
  }
}

void Dispatcher::SetPace(Outgoing& outgoing, const Step& step, const Verdict& verdict, SteadyTime now) {
  outgoing.tried = step.delay != Step::Delay::kNone || verdict.action == Action::kResend;
  if (step.delay == Step::Delay::kNone || step.closer) outgoing.backoff.Reset();
  if (step.delay == Step::Delay::kNone) return;
  fault_ = TargetFault(verdict);
  NoteFailure(outgoing);
  if (step.delay != Step::Delay::kBackOff || !IsItsOwn(outgoing, verdict, now))
    return Pause(outgoing, step.delay, verdict, now);
  const bool awaits_next = outgoing.batch.lines().awaits_next();
  const Nanoseconds pause = outgoing.backoff.Next(std::nullopt);
  outgoing.not_before = now + pause;
  // A probe comes next, or, of silence, whatever others send: NoteOthers() ends the wait.
  if (awaits_next && verdict.silent) outgoing.not_before = now + outgoing.backoff.cap();
  if (awaits_next && !verdict.silent && Searched() == &outgoing) outgoing.not_before = now;
}

void Dispatcher::NoteFailure(Outgoing& outgoing) {
  if (outgoing.probing) return;
  if (!outgoing.stored_at_failure) outgoing.stored_at_failure = record_.stored();
  outgoing.set_aside = record_.stored() > *outgoing.stored_at_failure;
}

// Of a failure: the target is well, so only this batch has to wait.
bool Dispatcher::IsItsOwn(const Outgoing& outgoing, const Verdict& verdict, SteadyTime now) const {
  if (held() || verdict.retry_after || !verdict.batch_suspected) return false;
  if (record_.stored() > outgoing.stored_at_sending) return true;
  return !verdict.silent && !verdict.busy && record_.well(now);
}

void Dispatcher::Pause(Outgoing& outgoing, Step::Delay delay, const Verdict& verdict, SteadyTime now) {
  if (delay == Step::Delay::kHold) {
    gate_.Hold(now, verdict.retry_after);
  } else if (verdict.silent) {
    gate_.AwaitSign(now);
  } else {
    gate_.Retry(outgoing.round, now, verdict.retry_after);
  }
  outgoing.not_before = gate_.ready_at();
  parts_.log.Trouble(gate_.state(), TargetFault(verdict), WaitingLines(), now);
}

void Dispatcher::Hasten(SteadyTime now, Nanoseconds cap) {
  draining_ = true;
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
  ForgetDone();
}

void Dispatcher::Displaced(const std::vector<std::uint64_t>& ids) {
  parts_.ledger.Move(Place::kSpooled, Place::kQueued, waiting_.Displaced(ids));
  for (const auto& outgoing : outgoing_) {
    if (!outgoing->batch.Displaced(ids)) continue;
    const std::size_t flying = LinesInFlight(*outgoing);
    parts_.ledger.Move(Place::kSpooled, Place::kInFlight, flying);
    parts_.ledger.Move(Place::kSpooled, Place::kQueued, outgoing->batch.lines().remaining_lines() - flying);
  }
}

std::size_t Dispatcher::LinesInFlight(const Outgoing& outgoing) {
  return outgoing.transfer && !outgoing.probing ? outgoing.sent->line_count() : 0;
}

void Dispatcher::MakeDurable(std::size_t most) {
  parts_.ledger.Move(Place::kQueued, Place::kSpooled, waiting_.MakeDurable());
  for (const auto& outgoing : outgoing_) {
    if (outgoing->batch.durable() || outgoing->batch.lines().done()) continue;
    if (most-- == 0 || !MakeDurable(*outgoing)) break;
  }
  std::erase_if(outgoing_, [](const auto& outgoing) { return outgoing->batch.ids().empty(); });
}

// All that is left of it goes into one file, be it one batch or several, so all of it is durable or nothing. What
// another process delivers from now on is no more of ours.
bool Dispatcher::MakeDurable(Outgoing& outgoing) {
  const auto rest = outgoing.batch.lines().Remaining();
  const auto id = parts_.spool.AddIfDurable(rest);
  if (!id) return false;
  const std::size_t flying = LinesInFlight(outgoing);
  parts_.ledger.Move(Place::kInFlight, Place::kSpooled, flying);
  parts_.ledger.Move(Place::kQueued, Place::kSpooled, rest->line_count() - flying);
  Acknowledge(outgoing);
  outgoing.batch.BecameDurable(parts_.spool.Take(*id) ? std::vector{*id} : std::vector<std::uint64_t>{});
  return true;
}

// What has to wait for its search waits in the spool, if too much does in memory. Lines that are durable stay so: if
// the disk does not take them again they stay where they are.
void Dispatcher::HandBackIfFull(Outgoing& outgoing) {
  const PoisonSearch& lines = outgoing.batch.lines();
  if (draining_ || lines.done() || !lines.suspect() || Searched() == &outgoing || !CountSearches().full()) return;
  if (outgoing.batch.durable() && !parts_.spool.stats().durable) return;
  const auto rest = lines.Remaining();
  const bool was_durable = outgoing.batch.durable();
  if (was_durable && !parts_.spool.AddInPlace(rest)) return;
  Acknowledge(outgoing);  // what only memory holds makes room there for itself
  if (!was_durable && parts_.spool.Add(rest).durable) {
    parts_.ledger.Move(Place::kQueued, Place::kSpooled, rest->line_count());
  }
  waiting_.MoreCame();
  std::erase_if(outgoing_, [&](const auto& each) { return each.get() == &outgoing; });
}

// When a search has ended it is known what the others that waited for it have to be split off of.
void Dispatcher::ForgetDone() {
  const auto first_done = std::stable_partition(outgoing_.begin(), outgoing_.end(), [](const auto& outgoing) {
    return outgoing->transfer || !outgoing->batch.lines().done();
  });
  if (first_done == outgoing_.end()) return;
  std::for_each(first_done, outgoing_.end(), [&](const auto& outgoing) { Acknowledge(*outgoing); });
  outgoing_.erase(first_done, outgoing_.end());
  for (const auto& outgoing : outgoing_) {
    if (!outgoing->transfer && outgoing->batch.lines().searching()) outgoing->batch.lines().SplitOffKnown();
  }
}

void Dispatcher::Acknowledge(const Outgoing& outgoing) {
  const std::vector<Unwritten> unwritten = outgoing.batch.unwritten();
  for (std::size_t i = 0; i < unwritten.size(); ++i) parts_.spool.Acknowledge(outgoing.batch.ids()[i], unwritten[i]);
}

std::uint64_t Dispatcher::WaitingLines() const {
  const LineCounts counts = parts_.ledger.counts();
  return counts.queued + counts.spooled + counts.in_flight;
}

}  // namespace vmtelem

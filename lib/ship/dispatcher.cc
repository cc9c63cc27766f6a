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

Dispatcher::Dispatcher(const DeliveryOptions& options, Parts parts)
    : options_(options),
      parts_(std::move(parts)),
      target_backoff_(options, [this] { return parts_.random(); }),
      waiting_(parts_.spool, options),
      backlog_limiter_(options) {}

void Dispatcher::Sealed(std::uint64_t id, std::size_t lines, SteadyTime now) {
  waiting_.Sealed(id, now);
  backlog_limiter_.Sealed(lines, now);
}

void Dispatcher::Land(InFlight& delivery) {
  if (!delivery.probing) parts_.ledger.Move(delivery.flying(), delivery.waiting(), delivery.sent->line_count());
  delivery.transfer.reset();
}

void Dispatcher::Settle(const Completion& completion, SteadyTime now) {
  const auto found = std::find_if(deliveries_.begin(), deliveries_.end(),
                                  [&](const auto& delivery) { return delivery->transfer == completion.id; });
  if (found == deliveries_.end()) return;
  InFlight& delivery = **found;
  Land(delivery);
  const bool stored_before = health_.last_was_stored(), was_held = held();
  NoteAnswer(completion, delivery, now);
  NoteOthers(completion, delivery, now);
  Step step = SettleBatch(delivery, completion.verdict, stored_before);
  const bool is_refused_still = was_held && held() && !IsAck(completion.verdict);
  if (is_refused_still && step.delay == Step::Delay::kNone) step.delay = Step::Delay::kHold;
  Account(step, delivery, now);
  SetPace(delivery, step, completion.verdict, now);
  delivery.sent.reset();
  HandBackIfFull(delivery);
  ForgetDone();
}

Step Dispatcher::SettleBatch(InFlight& delivery, const Verdict& verdict, bool stored_before) {
  if (!delivery.probing) {
    delivery.newest_when_settled = last_transfer_;
    return delivery.batch.lines().Answered(verdict, stored_before);
  }
  const bool is_stored_line = delivery.sent == health_.stored_line();
  if (verdict.action == Action::kRefuse && is_stored_line && !held()) health_.ForgetStoredLine();
  return delivery.batch.lines().ProbeAnswered(verdict);
}

// Nothing follows for others from what was stored in part: it says neither that the target takes lines nor that it does
// not. Nor from what was stored, if it was sent before they were answered: it may be of before.
void Dispatcher::NoteOthers(const Completion& completion, const InFlight& delivery, SteadyTime now) {
  if (completion.verdict.action == Action::kAckPartly) return;
  const bool stored = completion.verdict.action == Action::kAck;
  for (const auto& other : deliveries_) {
    if (other.get() == &delivery && !delivery.probing) continue;
    if (stored && completion.id <= other->newest_when_settled) continue;
    const Step step = other->batch.lines().OtherAnswered(stored);
    Account(step, *other, now);
    if (!step.closer) continue;
    other->backoff.Reset();
    other->not_before = now;
  }
}

void Dispatcher::NoteAnswer(const Completion& completion, const InFlight& delivery, SteadyTime now) {
  const Verdict& verdict = completion.verdict;
  parts_.log.Answered(completion, *delivery.sent);
  if (verdict.action != Action::kRetry) counts_.write_latency = completion.latency;
  if (!delivery.probing) NoteSize(verdict, *delivery.sent);
  if (verdict.action == Action::kAck) health_.Stored(*delivery.sent, now);
  const bool in_part = verdict.action == Action::kAckPartly && verdict.lines.size() < delivery.sent->line_count();
  if (in_part) health_.StoredInPart(delivery.sent->Without(verdict.lines));
  if (IsAck(verdict) && parts_.sample != nullptr) parts_.sample->Stored(*delivery.sent, verdict);
  if (!IsAck(verdict)) health_.NotStored();
  if (verdict.batch_suspected && !delivery.batch.lines().searching()) health_.Failed();
  if (!IsAck(verdict) || !target_backoff_.Open(delivery.round)) return;
  fault_.reset();
  parts_.log.Recovered(WaitingLines() - (delivery.probing ? 0 : delivery.sent->line_count()), now);
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

void Dispatcher::Account(const Step& step, const InFlight& delivery, SteadyTime now) {
  const Place waiting = delivery.waiting();
  if (step.written > 0) parts_.ledger.Move(waiting, Place::kWritten, step.written);
  if (step.search_began) parts_.log.SearchBegan(delivery.batch.lines().words(), now);
  for (const Rejection& rejection : step.rejections) {
    for (const std::string& line : rejection.texts) parts_.spool.KeepRejected(line, rejection.reason);
    parts_.ledger.Move(waiting, Place::kRejected, rejection.texts.size());
    parts_.log.Rejected(rejection, now);
    if (parts_.sample != nullptr) parts_.sample->Rejected(rejection);
    last_rejection_ = Error{ErrorCode::kRefusedData, rejection.reason, {}};
  }
}

void Dispatcher::SetPace(InFlight& delivery, const Step& step, const Verdict& verdict, SteadyTime now) {
  delivery.tried = step.delay != Step::Delay::kNone || verdict.action == Action::kResend;
  if (step.delay == Step::Delay::kNone || step.closer) delivery.backoff.Reset();
  if (step.delay == Step::Delay::kNone) return;
  fault_ = TargetFault(verdict);
  NoteFailure(delivery);
  if (step.delay != Step::Delay::kBackOff || !IsItsOwn(delivery, verdict, now))
    return Pause(delivery, step.delay, verdict, now);
  const bool awaits_next = delivery.batch.lines().awaits_next();
  const Nanoseconds pause = delivery.backoff.Next(target_backoff_.cap());
  delivery.not_before = now + pause;
  // A probe comes next, or, of silence, whatever others send: NoteOthers() ends the wait.
  if (awaits_next && verdict.silent) delivery.not_before = now + target_backoff_.cap();
  if (awaits_next && !verdict.silent && Searched() == &delivery) delivery.not_before = now;
}

void Dispatcher::NoteFailure(InFlight& delivery) {
  if (delivery.probing) return;
  if (!delivery.stored_at_failure) delivery.stored_at_failure = health_.stored();
  delivery.set_aside = health_.stored() > *delivery.stored_at_failure;
}

// Of a failure: the target is well, so only this batch has to wait.
bool Dispatcher::IsItsOwn(const InFlight& delivery, const Verdict& verdict, SteadyTime now) const {
  if (held() || verdict.retry_after || !verdict.batch_suspected) return false;
  if (health_.stored() > delivery.stored_at_sending) return true;
  return !verdict.silent && !verdict.busy && health_.well(now);
}

void Dispatcher::Pause(InFlight& delivery, Step::Delay delay, const Verdict& verdict, SteadyTime now) {
  if (delay == Step::Delay::kHold) {
    target_backoff_.Hold(now, verdict.retry_after);
  } else if (verdict.silent) {
    target_backoff_.AwaitSign(now);
  } else {
    target_backoff_.Retry(delivery.round, now, verdict.retry_after);
  }
  delivery.not_before = target_backoff_.ready_at();
  parts_.log.Trouble(target_backoff_.state(), TargetFault(verdict), WaitingLines(), now);
}

void Dispatcher::Hasten(SteadyTime now, Nanoseconds cap) {
  draining_ = true;
  target_backoff_.Hasten(now, cap);
  for (const auto& delivery : deliveries_) delivery->not_before = std::min(delivery->not_before, now);
}

void Dispatcher::Abort() {
  parts_.sink.Abort();
  for (const auto& delivery : deliveries_) {
    if (delivery->transfer) Land(*delivery);
  }
  ForgetDone();
}

void Dispatcher::Displaced(const std::vector<std::uint64_t>& ids) {
  parts_.ledger.Move(Place::kSpooled, Place::kQueued, waiting_.Displaced(ids));
  for (const auto& delivery : deliveries_) {
    if (!delivery->batch.Displaced(ids)) continue;
    const std::size_t flying = LinesInFlight(*delivery);
    parts_.ledger.Move(Place::kSpooled, Place::kInFlight, flying);
    parts_.ledger.Move(Place::kSpooled, Place::kQueued, delivery->batch.lines().pieces().remaining_lines() - flying);
  }
}

std::size_t Dispatcher::LinesInFlight(const InFlight& delivery) {
  return delivery.transfer && !delivery.probing ? delivery.sent->line_count() : 0;
}

void Dispatcher::MakeDurable(std::size_t most) {
  parts_.ledger.Move(Place::kQueued, Place::kSpooled, waiting_.MakeDurable());
  for (const auto& delivery : deliveries_) {
    if (delivery->batch.durable() || delivery->batch.lines().done()) continue;
    if (most-- == 0 || !MakeDurable(*delivery)) break;
  }
  std::erase_if(deliveries_, [](const auto& delivery) { return delivery->batch.ids().empty(); });
}

// All that is left of it goes into one file, be it one batch or several, so all of it is durable or nothing. What
// another process delivers from now on is no more of ours.
bool Dispatcher::MakeDurable(InFlight& delivery) {
  const auto rest = delivery.batch.lines().pieces().Remaining();
  const auto id = parts_.spool.AddIfDurable(rest);
  if (!id) return false;
  const std::size_t flying = LinesInFlight(delivery);
  parts_.ledger.Move(Place::kInFlight, Place::kSpooled, flying);
  parts_.ledger.Move(Place::kQueued, Place::kSpooled, rest->line_count() - flying);
  Acknowledge(delivery);
  delivery.batch.BecameDurable(parts_.spool.Take(*id) ? std::vector{*id} : std::vector<std::uint64_t>{});
  return true;
}

// What has to wait for its search waits in the spool, if too much does in memory. Lines that are durable stay so: if
// the disk does not take them again they stay where they are.
void Dispatcher::HandBackIfFull(InFlight& delivery) {
  const PoisonSearch& lines = delivery.batch.lines();
  if (draining_ || lines.done() || !lines.suspect() || Searched() == &delivery || !CountSearches().full()) return;
  if (delivery.batch.durable() && !parts_.spool.stats().durable) return;
  const auto rest = lines.pieces().Remaining();
  const bool was_durable = delivery.batch.durable();
  if (was_durable && !parts_.spool.AddInPlace(rest)) return;
  Acknowledge(delivery);  // what only memory holds makes room there for itself
  if (!was_durable && parts_.spool.Add(rest).durable) {
    parts_.ledger.Move(Place::kQueued, Place::kSpooled, rest->line_count());
  }
  waiting_.MoreCame();
  std::erase_if(deliveries_, [&](const auto& each) { return each.get() == &delivery; });
}

// When a search has ended it is known what the others that waited for it have to be split off of.
void Dispatcher::ForgetDone() {
  const auto first_done = std::stable_partition(deliveries_.begin(), deliveries_.end(), [](const auto& delivery) {
    return delivery->transfer || !delivery->batch.lines().done();
  });
  if (first_done == deliveries_.end()) return;
  std::for_each(first_done, deliveries_.end(), [&](const auto& delivery) { Acknowledge(*delivery); });
  deliveries_.erase(first_done, deliveries_.end());
  for (const auto& delivery : deliveries_) {
    if (!delivery->transfer && delivery->batch.lines().searching()) delivery->batch.lines().SplitOffKnown();
  }
}

void Dispatcher::Acknowledge(const InFlight& delivery) {
  const std::vector<Unwritten> unwritten = delivery.batch.unwritten();
  for (std::size_t i = 0; i < unwritten.size(); ++i) parts_.spool.Acknowledge(delivery.batch.ids()[i], unwritten[i]);
}

std::uint64_t Dispatcher::WaitingLines() const {
  const LineCounts counts = parts_.ledger.counts();
  return counts.queued + counts.spooled + counts.in_flight;
}

}  // namespace vmtelem

#include "ship/line_accounts.h"

namespace vmtelem {

void LineAccounts::Sent(const InFlight& delivery) {
  ledger_.Move(delivery.waiting_state(), delivery.sent_state(), delivery.lines_sent());
}

void LineAccounts::Landed(const InFlight& delivery) {
  ledger_.Move(delivery.sent_state(), delivery.waiting_state(), delivery.lines_sent());
}

void LineAccounts::Stored(const Request& request, const Verdict& verdict) {
  if (sample_ != nullptr) sample_->Stored(*request.batch, verdict);
}

void LineAccounts::Settled(const Step& step, const InFlight& delivery, SteadyTime now) {
  const LineState waiting = delivery.waiting_state();
  if (step.written > 0) ledger_.Move(waiting, &LineCounts::written, step.written);
  if (step.search_began) log_.SearchBegan(delivery.lines().words(), now);
  for (const Rejection& rejection : step.rejections) {
    for (const std::string& line : rejection.texts) spool_.KeepRejected(line, rejection.reason);
    ledger_.Move(waiting, &LineCounts::rejected, rejection.texts.size());
    log_.Rejected(rejection, now);
    if (sample_ != nullptr) sample_->Rejected(rejection);
    last_rejection_ = Error{ErrorCode::kRefusedData, rejection.reason, {}};
  }
}

void LineAccounts::Acknowledge(const BatchDelivery& batch) {
  const std::vector<Unwritten> unwritten = batch.unwritten();
  for (std::size_t i = 0; i < unwritten.size(); ++i) spool_.Acknowledge(batch.ids()[i], unwritten[i]);
}

void LineAccounts::Displaced(const std::vector<std::uint64_t>& ids, InFlight& delivery) {
  if (!delivery.batch().Displaced(ids)) return;
  ledger_.Move(&LineCounts::spooled, &LineCounts::in_flight, delivery.lines_sent());
  ledger_.Move(&LineCounts::spooled, &LineCounts::queued,
               delivery.lines().pieces().remaining_lines() - delivery.lines_sent());
}

// What another process delivers from now on is no more of ours.
bool LineAccounts::MakeDurable(InFlight& delivery) {
  const auto rest = delivery.lines().pieces().Remaining();
  const auto added = spool_.AddIfDurable(rest);
  if (!added) return false;
  ledger_.Move(&LineCounts::in_flight, &LineCounts::spooled, delivery.lines_sent());
  ledger_.Move(&LineCounts::queued, &LineCounts::spooled, rest->line_count() - delivery.lines_sent());
  Acknowledge(delivery.batch());
  delivery.batch().BecameDurable(spool_.HandOut(added->id) ? std::vector{added->id} : std::vector<std::uint64_t>{});
  return true;
}

// Lines that are durable stay so: if the disk does not take them again they stay where they are.
bool LineAccounts::HandBack(const InFlight& delivery) {
  const bool was_durable = delivery.batch().durable();
  if (was_durable && !spool_.stats().durable) return false;
  const auto rest = delivery.lines().pieces().Remaining();
  if (was_durable && !spool_.AddInPlace(rest)) return false;
  Acknowledge(delivery.batch());  // what only memory holds makes room there for itself
  if (!was_durable && spool_.Add(rest).durable)
    ledger_.Move(&LineCounts::queued, &LineCounts::spooled, rest->line_count());
  return true;
}

void LineAccounts::Changed(const SpoolChanges& changes, SteadyTime now) {
  Persisted(changes.persisted_lines);
  ledger_.Move(&LineCounts::spooled, &LineCounts::written, changes.written_lines);
  ledger_.Move(&LineCounts::spooled, &LineCounts::rejected, changes.rejected_lines);
  ledger_.Move(&LineCounts::spooled, &LineCounts::handed_over, changes.handed_over_lines);
  Lost(changes.losses, now);
}

void LineAccounts::Recovered(std::size_t lines, SteadyTime now) {
  if (lines == 0) return;
  ledger_.Recovered(lines);
  log_.Found(lines, now);
}

void LineAccounts::LostFromQueue(const SpoolLoss& loss, SteadyTime now) {
  log_.Lost(loss, now);
  if (sample_ != nullptr) sample_->Lost(loss);
}

void LineAccounts::Lost(const std::vector<SpoolLoss>& losses, SteadyTime now) {
  for (const SpoolLoss& loss : losses) {
    ledger_.Move(loss.durable ? &LineCounts::spooled : &LineCounts::queued, &LineCounts::dropped, loss.lines);
    LostFromQueue(loss, now);
  }
  log_.SayLosses(now);
}

void LineAccounts::DropQueued() {
  const std::uint64_t lines = ledger_.counts().queued;
  ledger_.Move(&LineCounts::queued, &LineCounts::dropped, lines);
  if (sample_ != nullptr) sample_->LostFromMemory(lines);
}

std::uint64_t LineAccounts::waiting_lines() const {
  const LineCounts counts = ledger_.counts();
  return counts.queued + counts.spooled + counts.in_flight;
}

}  // namespace vmtelem

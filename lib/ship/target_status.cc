#include "ship/target_status.h"

namespace vmtelem {

bool TargetStatus::Answered(const Request& request, const Verdict& verdict, SteadyTime now) {
  const Batch& sent = *request.batch;
  if (!request.is_probe) NoteSize(verdict, sent);
  if (verdict.action == Action::kAck) health_.Stored(sent, now);
  const bool in_part = verdict.action == Action::kAckPartly && verdict.lines.size() < sent.line_count();
  if (in_part) health_.StoredInPart(sent.Without(verdict.lines));
  if (!IsAck(verdict)) health_.NotStored();
  const bool stored_line_is_refused = verdict.action == Action::kRefuse && request.batch == health_.stored_line();
  if (request.is_probe && stored_line_is_refused && !held()) health_.ForgetStoredLine();
  if (!IsAck(verdict) || !backoff_.Open(request.round, now)) return false;
  fault_.reset();
  return true;
}

void TargetStatus::NoteSize(const Verdict& verdict, const Batch& sent) {
  const std::size_t bytes = sent.bytes().size();
  if (verdict.action == Action::kSplit && sent.line_count() > 1) size_limit_.Refused(bytes);
  if (!IsAck(verdict)) return;
  if (verdict.slow) {
    size_limit_.TookLong(bytes);
  } else {
    size_limit_.Accepted(bytes);
  }
}

void TargetStatus::NoteLoad(const Request& request, const Completion& completion) {
  const Verdict& verdict = completion.verdict;
  if (IsAck(verdict) && !request.is_probe) in_flight_limit_.Stored(request.departure, completion.latency);
  if (verdict.busy || verdict.silent) in_flight_limit_.Overloaded(request.departure);
}

void TargetStatus::NoteFault(const Verdict& verdict) {
  const ErrorCode cause = verdict.cause == ErrorCode::kRefusedData ? ErrorCode::kInvalid : verdict.cause;
  fault_ = {cause, verdict.target_reason.empty() ? verdict.reason : verdict.target_reason, verdict.hint};
}

bool TargetStatus::IsWell(const Request& request, const Verdict& verdict, SteadyTime now) const {
  if (held() || verdict.retry_after || !verdict.batch_suspected) return false;
  if (health_.stored() > request.stored_before) return true;
  return !verdict.silent && !verdict.busy && health_.well(now);
}

void TargetStatus::Pause(Step::Delay delay, const Request& request, const Verdict& verdict, SteadyTime now) {
  in_flight_limit_.Overloaded(request.departure);
  if (delay == Step::Delay::kHold) {
    backoff_.Hold(now, verdict.retry_after);
  } else if (verdict.silent) {
    backoff_.AwaitSign(now);
  } else {
    backoff_.Retry(request.round, now, verdict.retry_after);
  }
}

}  // namespace vmtelem

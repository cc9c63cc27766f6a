#include "ship/dispatcher.h"

#include <utility>

namespace vmtelem {

void Dispatcher::Start(SteadyTime now) {
  while (InFlight* const next = order_.Next(now)) Send(*next);
}

void Dispatcher::Send(InFlight& delivery) {
  Request request = order_.Compose(delivery);
  request.id = ++last_transfer_;
  delivery.Sent(request);
  parts_.accounts.Sent(delivery);
  ++counts_.writes;
  if (delivery.is_retry()) ++counts_.write_retries;
  parts_.log.Sent(*request.batch);
  parts_.sink.Start(request.id, std::move(request.batch));
}

void Dispatcher::Completed(const Completion& completion, SteadyTime now) {
  InFlight* const found = deliveries_.Find(completion.id);
  if (found == nullptr) return;
  InFlight& delivery = *found;
  const Verdict& verdict = completion.verdict;
  if (order_.WorkWaits(now)) target_.NoteWorkWaits();
  parts_.accounts.Landed(delivery);
  const Answer answer{delivery.Land(), verdict, now};
  parts_.log.Answered(completion, *answer.request.batch);
  CountAnswer(completion);
  target_.NoteLoad(answer.request, completion);

  const bool stored_before = target_.health().last_was_stored(), was_held = held();
  NoteTarget(delivery, answer);
  NoteOthers(delivery, answer);
  if (!answer.request.is_probe) delivery.Answered(last_transfer_);
  Step step = answer.request.is_probe ? delivery.lines().ProbeAnswered(verdict)
                                      : delivery.lines().Answered(verdict, stored_before);
  const bool is_refused_still = was_held && held() && !IsAck(verdict);
  if (is_refused_still && step.delay == Step::Delay::kNone) step.delay = Step::Delay::kHold;
  parts_.accounts.Settled(step, delivery, now);
  SetPace(delivery, answer, step);
  if (order_.ShouldHandBack(delivery) && parts_.accounts.HandBack(delivery)) {
    order_.waiting().MoreCame();
    deliveries_.Remove(delivery);
  }
  ForgetDone();
}

void Dispatcher::CountAnswer(const Completion& completion) {
  const bool has_status = completion.status != WriteAnswers::kNone;
  if (has_status || !IsAck(completion.verdict)) counts_.answers.Count(completion.status, completion.latency);
  if (completion.verdict.action != Action::kRetry) counts_.write_latency = completion.latency;
}

void Dispatcher::NoteTarget(const InFlight& delivery, const Answer& answer) {
  const auto& [request, verdict, now] = answer;
  if (IsAck(verdict)) parts_.accounts.Stored(request, verdict);
  if (verdict.batch_suspected && !delivery.lines().searching()) target_.Failed();
  if (!target_.Answered(request, verdict, now)) return;
  const std::size_t settled_now = request.is_probe ? 0 : request.batch->line_count();
  parts_.log.Recovered(parts_.accounts.waiting_lines() - settled_now, now);
}

// Nothing follows for others from a request that was stored in part: it shows neither that the target takes lines nor
// that it does not. Nor from a stored one that was sent before they were answered: the target may have changed since.
void Dispatcher::NoteOthers(const InFlight& delivery, const Answer& answer) {
  if (answer.verdict.action == Action::kAckPartly) return;
  const bool stored = answer.verdict.action == Action::kAck;
  for (const auto& other : deliveries_.all()) {
    if (other.get() == &delivery && !answer.request.is_probe) continue;
    if (stored && !other->IsNews(answer.request.id)) continue;
    const Step step = other->lines().OtherAnswered(stored);
    parts_.accounts.Settled(step, *other, answer.at);
    if (!step.closer) continue;
    other->ResetBackoff();
    other->WaitUntil(answer.at);
  }
}

void Dispatcher::SetPace(InFlight& delivery, const Answer& answer, const Step& step) {
  const auto& [request, verdict, now] = answer;
  delivery.set_is_retry(step.delay != Step::Delay::kNone || verdict.action == Action::kResend);
  if (step.delay == Step::Delay::kNone || step.closer) delivery.ResetBackoff();
  if (step.delay == Step::Delay::kNone) return;
  target_.NoteFault(verdict);
  if (!request.is_probe) delivery.Failed(target_.health().stored());
  if (step.delay == Step::Delay::kHold || !target_.IsWell(request, verdict, now)) {
    target_.Pause(step.delay, request, verdict, now);
    delivery.WaitUntil(target_.backoff().ready_at());
    return parts_.log.Trouble(target_.backoff().state(), *target_.fault(), parts_.accounts.waiting_lines(), now);
  }
  delivery.BackOff(now, target_.backoff().cap());
  if (!delivery.lines().awaits_next()) return;
  // A probe comes next; after silence, any request of others: NoteOthers() ends the wait.
  if (verdict.silent) delivery.WaitUntil(now + target_.backoff().cap());
  if (!verdict.silent && deliveries_.Searched() == &delivery) delivery.WaitUntil(now);
}

void Dispatcher::Hasten(SteadyTime now, Nanoseconds cap) {
  order_.Hasten();
  target_.Hasten(now, cap);
  for (const auto& delivery : deliveries_.all()) delivery->Hasten(now);
}

void Dispatcher::Abort() {
  parts_.sink.Abort();
  for (const auto& delivery : deliveries_.all()) {
    if (!delivery->request()) continue;
    parts_.accounts.Landed(*delivery);
    delivery->Land();
  }
  ForgetDone();
}

void Dispatcher::Displaced(const std::vector<std::uint64_t>& ids) {
  parts_.accounts.Displaced(order_.waiting().Displaced(ids));
  for (const auto& delivery : deliveries_.all()) parts_.accounts.Displaced(ids, *delivery);
}

void Dispatcher::MakeDurable(std::size_t most) {
  parts_.accounts.Persisted(order_.waiting().MakeDurable());
  for (const auto& delivery : deliveries_.all()) {
    if (delivery->batch().durable() || delivery->lines().done()) continue;
    if (most-- == 0 || !parts_.accounts.MakeDurable(*delivery)) break;
  }
  deliveries_.RemoveTakenOver();
}

// When a search has ended, the others that waited for it know more poison to split off.
void Dispatcher::ForgetDone() {
  const Deliveries::List done = deliveries_.TakeDone();
  if (done.empty()) return;
  for (const auto& delivery : done) parts_.accounts.Acknowledge(delivery->batch());
  for (const auto& delivery : deliveries_.all()) {
    if (!delivery->request() && delivery->lines().searching()) delivery->lines().SplitOffKnown();
  }
}

}  // namespace vmtelem

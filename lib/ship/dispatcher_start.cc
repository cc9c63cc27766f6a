// What the dispatcher sends, and when; see dispatcher.cc for what follows from the answers.
#include <algorithm>
#include <utility>

#include "ship/dispatcher.h"

namespace vmtelem {
namespace {

// Batches that are kept in memory to take turns while everything is refused, or fails.
constexpr std::size_t kMostProbed = 16, kMostRetriedLive = 2;
// How much is searched for a line at fault at once, and so kept in memory: a server that fails whatever it is given
// must not draw the whole spool into it; one that takes other lines has to get those meanwhile.
constexpr std::size_t kFewSearches = 8, kMostSearches = 100, kMostSearchedLines = 20'000;

}  // namespace

void Dispatcher::Start(SteadyTime now) {
  while (MayStart(now)) {
    InFlight* const next = held() ? ChooseProbed(now) : Choose(now);
    if (next == nullptr) return;
    Send(*next);
  }
}

bool Dispatcher::MayStart(SteadyTime now) const {
  return in_flight() < SlotsOpen() && now >= target_backoff_.ready_at();
}

std::size_t Dispatcher::SlotsOpen() const {
  return target_backoff_.state() == TargetBackoff::State::kSending ? options_.writes_in_flight : 1;
}

std::size_t Dispatcher::in_flight() const {
  return static_cast<std::size_t>(std::count_if(deliveries_.begin(), deliveries_.end(),
                                                [](const auto& delivery) { return delivery->transfer.has_value(); }));
}

bool Dispatcher::HasRoom(SteadyTime now) const { return MayStart(now) && HasRoomFor(Priority::kLive); }

Dispatcher::Priority Dispatcher::PriorityOf(const InFlight& delivery) {
  if (delivery.batch.lines().suspect() || delivery.set_aside) return Priority::kSuspect;
  return delivery.live ? Priority::kLive : Priority::kBacklog;
}

bool Dispatcher::TooManySearches() const {
  const Searches searches = CountSearches();
  return searches.full() ||
         (target_backoff_.state() != TargetBackoff::State::kSending && searches.batches >= kFewSearches);
}

bool Dispatcher::Searches::full() const { return batches >= kMostSearches || lines >= kMostSearchedLines; }

Dispatcher::Searches Dispatcher::CountSearches() const {
  Searches searches;
  for (const auto& delivery : deliveries_) {
    if (!delivery->batch.lines().suspect()) continue;
    ++searches.batches;
    searches.lines += delivery->batch.lines().pieces().remaining_lines();
  }
  return searches;
}

bool Dispatcher::HasRoomFor(Priority priority) const {
  const auto there =
      static_cast<std::size_t>(std::count_if(deliveries_.begin(), deliveries_.end(), [priority](const auto& delivery) {
        return PriorityOf(*delivery) == priority;
      }));
  const bool spare_one = priority == Priority::kBacklog && !draining_ && options_.writes_in_flight > 1;
  const bool goes_on = priority == Priority::kLive && target_backoff_.state() == TargetBackoff::State::kSending;
  return there < options_.writes_in_flight - (spare_one ? 1 : 0) && (goes_on || !TooManySearches());
}

bool Dispatcher::BacklogMayBeTaken(SteadyTime now) const {
  return !waiting_.backlog_empty() && HasRoomFor(Priority::kBacklog) &&
         (draining_ || now >= backlog_limiter_.ready_at());
}

// To be asked only for what could use it.
bool Dispatcher::MayUseSlot(Priority priority, SteadyTime now) {
  if (priority == Priority::kLive || draining_ || SlotsOpen() == 1 || in_flight() + 1 < SlotsOpen()) return true;
  return TooManySearches() || reserved_slot_.MayTake(now);
}

// With a single slot, live batches and the others take turns; else the last free slot is kept for the live ones.
std::array<Dispatcher::Priority, 3> Dispatcher::PriorityOrder() const {
  const Priority beside = last_beside_ == Priority::kSuspect ? Priority::kBacklog : Priority::kSuspect;
  const bool turn_of_others =
      options_.writes_in_flight == 1 && target_backoff_.state() == TargetBackoff::State::kSending && live_went_last_;
  if (turn_of_others && !draining_) return {beside, last_beside_, Priority::kLive};
  return {Priority::kLive, beside, last_beside_};
}

Dispatcher::InFlight* Dispatcher::Choose(SteadyTime now) {
  for (const Priority priority : PriorityOrder()) {
    InFlight* const ready = priority == Priority::kSuspect ? FirstReadySuspect(now) : FirstReady(priority, now);
    if (ready == nullptr && priority == Priority::kBacklog && !BacklogMayBeTaken(now)) continue;
    if (ready == nullptr && priority == Priority::kSuspect) continue;
    if (!MayUseSlot(priority, now)) continue;
    const bool wants_new = ready == nullptr ? HasRoomFor(priority) : HasAnotherTurn(priority, *ready);
    InFlight* const taken = wants_new ? Take(priority, now) : nullptr;
    if (taken != nullptr) return taken;
    if (ready != nullptr) return ready;
  }
  return nullptr;
}

// A live batch that fails does not keep new ones from being tried, as long as those are few.
bool Dispatcher::HasAnotherTurn(Priority priority, const InFlight& ready) const {
  return priority == Priority::kLive && ready.tried && target_backoff_.state() == TargetBackoff::State::kBackingOff &&
         deliveries_.size() < kMostRetriedLive;
}

// While the target refuses everything it is asked for one line now and then: of the oldest batch, then of a new one,
// and so on. It may refuse what has waited for long and nothing else.
Dispatcher::InFlight* Dispatcher::ChooseProbed(SteadyTime now) {
  const bool may_be_new = deliveries_.empty() || (probes_ % 2 == 1 && deliveries_.size() < kMostProbed);
  InFlight* const fresh = may_be_new ? Take(Priority::kLive, now) : nullptr;
  if (fresh != nullptr) return fresh;
  if (deliveries_.empty()) return Take(Priority::kBacklog, now);
  return deliveries_[probes_ / 2 % deliveries_.size()].get();
}

// What was sent longest ago goes first: where some fail always the others have their turn. What is searched is not
// among them.
Dispatcher::InFlight* Dispatcher::FirstReady(Priority priority, SteadyTime now) const {
  InFlight* first = nullptr;
  for (const auto& delivery : deliveries_) {
    if (delivery->transfer || delivery->not_before > now || PriorityOf(*delivery) != priority) continue;
    if (delivery->batch.lines().searching()) continue;
    if (first == nullptr || delivery->last_sent < first->last_sent) first = delivery.get();
  }
  return first;
}

// What is searched, and nothing beside it: what fails there would start its count anew.
Dispatcher::InFlight* Dispatcher::FirstReadySuspect(SteadyTime now) const {
  InFlight* const searched = Searched();
  if (searched != nullptr && searched->transfer) return nullptr;
  const bool is_ready = searched != nullptr && searched->not_before <= now;
  return is_ready ? searched : FirstReady(Priority::kSuspect, now);
}

// The one batch that is searched, or may be next.
Dispatcher::InFlight* Dispatcher::Searched() const {
  InFlight* first_suspect = nullptr;
  for (const auto& delivery : deliveries_) {
    if (delivery->batch.lines().searching()) return delivery.get();
    if (first_suspect == nullptr && delivery->batch.lines().suspect()) first_suspect = delivery.get();
  }
  return first_suspect;
}

Dispatcher::InFlight* Dispatcher::Take(Priority priority, SteadyTime now) {
  while (true) {
    const bool live = priority == Priority::kLive;
    const WaitingBatches::Parts parts = live ? waiting_.TakeLive(now, JoinLimit()) : waiting_.TakeBacklog(JoinLimit());
    if (parts.empty()) return nullptr;
    auto delivery = std::make_unique<InFlight>(BatchDelivery(parts, known_), live, OwnBackoff());
    if (!live) backlog_limiter_.Sent(delivery->batch.lines().pieces().remaining_lines(), now);
    if (delivery->batch.lines().done()) {
      Acknowledge(*delivery);
      continue;
    }
    deliveries_.push_back(std::move(delivery));
    return deliveries_.back().get();
  }
}

// While it is not known that the target is well, it is asked with as little as there is.
WaitingBatches::Limit Dispatcher::JoinLimit() const {
  if (target_backoff_.state() != TargetBackoff::State::kSending) return {1, 1};
  return {Batch::kMostLines, std::min(Batch::kMostBytes, size_limit_.max_bytes())};
}

void Dispatcher::Send(InFlight& delivery) {
  const Priority priority = PriorityOf(delivery);
  live_went_last_ = priority == Priority::kLive;
  if (priority != Priority::kLive) {
    last_beside_ = priority;
    reserved_slot_.Started();
  }
  PoisonSearch& lines = delivery.batch.lines();
  lines.SplitOffKnown();
  delivery.probing = held() || (Searched() == &delivery && lines.WantsProbe(health_.last_was_stored()));
  delivery.sent = delivery.probing ? ProbeFor(delivery) : lines.Next(size_limit_.max_bytes());
  delivery.transfer = delivery.last_sent = ++last_transfer_;
  delivery.round = target_backoff_.round();
  delivery.stored_at_sending = health_.stored();
  if (!delivery.probing) parts_.ledger.Move(delivery.waiting(), delivery.flying(), delivery.sent->line_count());
  ++counts_.writes;
  if (delivery.tried) ++counts_.write_retries;
  parts_.log.Sent(*delivery.sent);
  parts_.sink.Start(*delivery.transfer, delivery.sent);
}

// A line that was stored lately. Where none was, lines of this batch and of others in turn. While everything is
// refused both, for the one may be refused for its age.
std::shared_ptr<const Batch> Dispatcher::ProbeFor(InFlight& delivery) {
  const std::size_t turn = probes_++;
  if (health_.stored_line() != nullptr && (!held() || turn % 4 == 0)) return health_.stored_line();
  InFlight* const other = deliveries_[turn % deliveries_.size()].get();
  const bool may_be_other = !held() && turn % 2 == 1 && !other->batch.lines().done();
  return (may_be_other ? *other : delivery).batch.lines().Sample();
}

// Whatever could start now was started, so only what is to come counts.
std::optional<SteadyTime> Dispatcher::NextStart(SteadyTime now) const {
  if (in_flight() >= SlotsOpen()) return std::nullopt;
  std::optional<SteadyTime> first;
  const auto consider = [&](SteadyTime at) {
    at = std::max(at, target_backoff_.ready_at());
    if (at > now && (!first || at < *first)) first = at;
  };
  for (const auto& delivery : deliveries_) {
    if (!delivery->transfer) consider(delivery->not_before);
  }
  if (!waiting_.empty()) consider(draining_ ? target_backoff_.ready_at() : backlog_limiter_.ready_at());
  if (!waiting_.empty()) consider(target_backoff_.ready_at());
  if (const auto opens_at = reserved_slot_.opens_at()) consider(*opens_at);
  return first;
}

}  // namespace vmtelem

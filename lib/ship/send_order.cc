#include "ship/send_order.h"

#include <algorithm>
#include <utility>

namespace vmtelem {
namespace {

// Batches that are kept in memory to take turns while everything is refused, or fails.
constexpr std::size_t kMostProbed = 16, kMostRetriedLive = 2;
// Searches at once while the target fails: there is no end to them until it takes other lines.
constexpr std::size_t kFewSearches = 8;

}  // namespace

void SendOrder::Sealed(SpooledBatch added, SteadyTime now) {
  backlog_limiter_.Sealed(added.batch->line_count(), now);
  if (target_.sending() && HasRoom(now)) {
    waiting_.SealedToSend(std::move(added), now);
  } else {
    waiting_.Sealed(added, now);
  }
}

InFlight* SendOrder::Next(SteadyTime now) {
  if (!MayStart(now)) return nullptr;
  return target_.held() ? ChooseProbed(now) : Choose(now);
}

bool SendOrder::MayStart(SteadyTime now) const {
  return deliveries_.CountRequests() < SlotsOpen() && now >= target_.backoff().ready_at();
}

bool SendOrder::TooManySearches() const {
  const Deliveries::Searches searches = deliveries_.CountSearches();
  return searches.full() || (!target_.sending() && searches.batches >= kFewSearches);
}

bool SendOrder::HasRoomFor(Priority priority) const {
  const bool spare_one = priority == Priority::kBacklog && !hastened_ && MostAtOnce() > 1;
  const bool goes_on = priority == Priority::kLive && target_.sending();
  return deliveries_.Count(priority) < MostAtOnce() - (spare_one ? 1 : 0) && (goes_on || !TooManySearches()) &&
         HasMemory();
}

// What is under way shares the memory with what only memory holds; as many as ever may be out always have room.
bool SendOrder::HasMemory() const {
  if (deliveries_.CountRequests() < InFlightLimit::kLeast) return true;
  const std::uint64_t taken = deliveries_.CountBytesInRequests() + spool_.stats().memory_bytes;
  return taken + JoinLimit().bytes <= options_.queue_max_bytes;
}

bool SendOrder::WorkWaits(SteadyTime now) const {
  const std::size_t out = deliveries_.CountRequests();
  if (!target_.sending()) return false;
  if (waiting_.live_overflows() && out >= SlotsOpen()) return true;
  const bool in_time = hastened_ || now >= backlog_limiter_.ready_at();
  return waiting_.backlog_overflows() && in_time && out + (hastened_ ? 0 : 1) >= SlotsOpen();
}

bool SendOrder::BacklogMayBeTaken(SteadyTime now) const {
  return !waiting_.backlog_empty() && HasRoomFor(Priority::kBacklog) &&
         (hastened_ || now >= backlog_limiter_.ready_at());
}

// Only for a priority that has something to send: asking starts the patience of the reserved slot.
bool SendOrder::MayUseSlot(Priority priority, SteadyTime now) {
  if (priority == Priority::kLive || hastened_ || SlotsOpen() == 1) return true;
  return deliveries_.CountRequests() + 1 < SlotsOpen() || TooManySearches() || reserved_slot_.MayTake(now);
}

// With a single slot, live batches and the others take turns; else the last free slot is kept for the live ones.
std::array<Priority, 3> SendOrder::PriorityOrder() const {
  const Priority beside = last_beside_ == Priority::kSuspect ? Priority::kBacklog : Priority::kSuspect;
  const bool turn_of_others = SlotsOpen() == 1 && target_.sending() && last_ == Priority::kLive;
  if (turn_of_others && !hastened_) return {beside, last_beside_, Priority::kLive};
  return {Priority::kLive, beside, last_beside_};
}

InFlight* SendOrder::Choose(SteadyTime now) {
  for (const Priority priority : PriorityOrder()) {
    InFlight* const ready = deliveries_.FirstReady(priority, now);
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
bool SendOrder::HasAnotherTurn(Priority priority, const InFlight& ready) const {
  return priority == Priority::kLive && ready.is_retry() &&
         target_.backoff().state() == TargetBackoff::State::kBackingOff && deliveries_.all().size() < kMostRetriedLive;
}

// While the target refuses everything it is asked for one line now and then: of the oldest batch, then of a new one,
// and so on, since it may refuse lines for their age.
InFlight* SendOrder::ChooseProbed(SteadyTime now) {
  const Deliveries::List& all = deliveries_.all();
  const bool may_be_new = all.empty() || (probes_ % 2 == 1 && all.size() < kMostProbed);
  InFlight* const fresh = may_be_new ? Take(Priority::kLive, now) : nullptr;
  if (fresh != nullptr) return fresh;
  if (all.empty()) return Take(Priority::kBacklog, now);
  return all[probes_ / 2 % all.size()].get();
}

InFlight* SendOrder::Take(Priority priority, SteadyTime now) {
  const bool live = priority == Priority::kLive;
  const WaitingBatches::Parts parts = live ? waiting_.TakeLive(now, JoinLimit()) : waiting_.TakeBacklog(JoinLimit());
  if (parts.empty()) return nullptr;
  InFlight& taken = deliveries_.Add(
      std::make_unique<InFlight>(BatchDelivery(parts, known_), priority, Backoff([this] { return random_(); })));
  if (!live) backlog_limiter_.Sent(taken.lines().pieces().remaining_lines(), now);
  return &taken;
}

// While it is not known that the target is well, it is asked with as little as there is.
WaitingBatches::Limit SendOrder::JoinLimit() const {
  if (!target_.sending()) return {1, 1};
  return {Batch::kMostLines, std::min(Batch::kMostBytes, target_.max_request_bytes())};
}

Request SendOrder::Compose(InFlight& delivery) {
  last_ = delivery.priority();
  if (last_ != Priority::kLive) {
    last_beside_ = last_;
    reserved_slot_.Started();
  }
  PoisonSearch& lines = delivery.lines();
  lines.SplitOffKnown();
  Request request{.round = target_.backoff().round(),
                  .stored_before = target_.health().stored(),
                  .departure = target_.in_flight_limit().Leave()};
  request.is_probe =
      target_.held() || (deliveries_.Searched() == &delivery && lines.WantsProbe(target_.health().last_was_stored()));
  request.batch = request.is_probe ? ProbeFor(delivery) : lines.Next(target_.max_request_bytes());
  return request;
}

// A line that was stored lately. Where none was, lines of this batch and of others in turn. While everything is
// refused both, for the one may be refused for its age.
std::shared_ptr<const Batch> SendOrder::ProbeFor(InFlight& delivery) {
  const std::size_t turn = probes_++;
  const auto& stored_line = target_.health().stored_line();
  if (stored_line != nullptr && (!target_.held() || turn % 4 == 0)) return stored_line;
  InFlight& other = *deliveries_.all()[turn % deliveries_.all().size()];
  const bool may_be_other = !target_.held() && turn % 2 == 1 && !other.lines().done();
  return (may_be_other ? other : delivery).lines().Sample();
}

// Everything that could start now was started, so only times to come count.
std::optional<SteadyTime> SendOrder::NextStart(SteadyTime now) const {
  if (deliveries_.CountRequests() >= SlotsOpen()) return std::nullopt;
  std::optional<SteadyTime> first;
  const auto consider = [&](SteadyTime at) {
    at = std::max(at, target_.backoff().ready_at());
    if (at > now && (!first || at < *first)) first = at;
  };
  for (const auto& delivery : deliveries_.all()) {
    if (!delivery->request()) consider(delivery->not_before());
  }
  if (!waiting_.empty()) consider(target_.backoff().ready_at());
  if (!waiting_.empty() && !hastened_) consider(backlog_limiter_.ready_at());
  if (const auto opens_at = reserved_slot_.opens_at()) consider(*opens_at);
  return first;
}

bool SendOrder::ShouldHandBack(const InFlight& delivery) const {
  if (hastened_ || delivery.lines().done() || !delivery.lines().suspect()) return false;
  return deliveries_.Searched() != &delivery && deliveries_.CountSearches().full();
}

}  // namespace vmtelem

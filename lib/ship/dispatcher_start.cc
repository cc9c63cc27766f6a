// What the dispatcher sends, and when; see dispatcher.cc for what follows from the answers.
#include <algorithm>
#include <utility>

#include "ship/batcher.h"
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
    Outgoing* const next = held() ? ChooseProbed(now) : Choose(now);
    if (next == nullptr) return;
    Send(*next);
  }
}

bool Dispatcher::MayStart(SteadyTime now) const { return in_flight() < SlotsOpen() && now >= gate_.ready_at(); }

std::size_t Dispatcher::SlotsOpen() const { return gate_.state() == Gate::State::kOpen ? options_.max_in_flight : 1; }

std::size_t Dispatcher::in_flight() const {
  return static_cast<std::size_t>(std::count_if(outgoing_.begin(), outgoing_.end(),
                                                [](const auto& outgoing) { return outgoing->transfer.has_value(); }));
}

bool Dispatcher::HasRoom(SteadyTime now) const { return MayStart(now) && HasRoomFor(Lane::kLive); }

Dispatcher::Lane Dispatcher::LaneOf(const Outgoing& outgoing) {
  if (outgoing.batch.lines().suspect() || outgoing.set_aside) return Lane::kSuspect;
  return outgoing.live ? Lane::kLive : Lane::kBacklog;
}

bool Dispatcher::TooManySearches() const {
  const Searches searches = CountSearches();
  return searches.full() || (gate_.state() != Gate::State::kOpen && searches.batches >= kFewSearches);
}

bool Dispatcher::Searches::full() const { return batches >= kMostSearches || lines >= kMostSearchedLines; }

Dispatcher::Searches Dispatcher::CountSearches() const {
  Searches searches;
  for (const auto& outgoing : outgoing_) {
    if (!outgoing->batch.lines().suspect()) continue;
    ++searches.batches;
    searches.lines += outgoing->batch.lines().remaining_lines();
  }
  return searches;
}

bool Dispatcher::HasRoomFor(Lane lane) const {
  const auto there = static_cast<std::size_t>(std::count_if(
      outgoing_.begin(), outgoing_.end(), [lane](const auto& outgoing) { return LaneOf(*outgoing) == lane; }));
  const bool spare_one = lane == Lane::kBacklog && !draining_ && options_.max_in_flight > 1;
  const bool goes_on = lane == Lane::kLive && gate_.state() == Gate::State::kOpen;
  return there < options_.max_in_flight - (spare_one ? 1 : 0) && (goes_on || !TooManySearches());
}

bool Dispatcher::BacklogMayBeTaken(SteadyTime now) const {
  return !waiting_.backlog_empty() && HasRoomFor(Lane::kBacklog) && (draining_ || now >= pace_.ready_at());
}

// To be asked only for what could use it.
bool Dispatcher::MayUseSlot(Lane lane, SteadyTime now) {
  if (lane == Lane::kLive || draining_ || SlotsOpen() == 1 || in_flight() + 1 < SlotsOpen()) return true;
  return TooManySearches() || last_slot_.MayTake(now);
}

// With a single slot, live batches and the others take turns; else the last free slot is kept for the live ones.
std::array<Dispatcher::Lane, 3> Dispatcher::LaneOrder() const {
  const Lane beside = last_beside_ == Lane::kSuspect ? Lane::kBacklog : Lane::kSuspect;
  const bool turn_of_others = options_.max_in_flight == 1 && gate_.state() == Gate::State::kOpen && live_went_last_;
  if (turn_of_others && !draining_) return {beside, last_beside_, Lane::kLive};
  return {Lane::kLive, beside, last_beside_};
}

Dispatcher::Outgoing* Dispatcher::Choose(SteadyTime now) {
  for (const Lane lane : LaneOrder()) {
    Outgoing* const ready = lane == Lane::kSuspect ? FirstReadySuspect(now) : FirstReady(lane, now);
    if (ready == nullptr && lane == Lane::kBacklog && !BacklogMayBeTaken(now)) continue;
    if (ready == nullptr && lane == Lane::kSuspect) continue;
    if (!MayUseSlot(lane, now)) continue;
    const bool wants_new = ready == nullptr ? HasRoomFor(lane) : HasAnotherTurn(lane, *ready);
    Outgoing* const taken = wants_new ? Take(lane, now) : nullptr;
    if (taken != nullptr) return taken;
    if (ready != nullptr) return ready;
  }
  return nullptr;
}

// A live batch that fails does not keep new ones from being tried, as long as those are few.
bool Dispatcher::HasAnotherTurn(Lane lane, const Outgoing& ready) const {
  return lane == Lane::kLive && ready.tried && gate_.state() == Gate::State::kRetrying &&
         outgoing_.size() < kMostRetriedLive;
}

// While the target refuses everything it is asked for one line now and then: of the oldest batch, then of a new one,
// and so on. It may refuse what has waited for long and nothing else.
Dispatcher::Outgoing* Dispatcher::ChooseProbed(SteadyTime now) {
  const bool may_be_new = outgoing_.empty() || (probes_ % 2 == 1 && outgoing_.size() < kMostProbed);
  Outgoing* const fresh = may_be_new ? Take(Lane::kLive, now) : nullptr;
  if (fresh != nullptr) return fresh;
  if (outgoing_.empty()) return Take(Lane::kBacklog, now);
  return outgoing_[probes_ / 2 % outgoing_.size()].get();
}

// What was sent longest ago goes first: where some fail always the others have their turn. What is searched is not
// among them.
Dispatcher::Outgoing* Dispatcher::FirstReady(Lane lane, SteadyTime now) const {
  Outgoing* first = nullptr;
  for (const auto& outgoing : outgoing_) {
    if (outgoing->transfer || outgoing->not_before > now || LaneOf(*outgoing) != lane) continue;
    if (outgoing->batch.lines().searching()) continue;
    if (first == nullptr || outgoing->last_sent < first->last_sent) first = outgoing.get();
  }
  return first;
}

// What is searched, and nothing beside it: what fails there would start its count anew.
Dispatcher::Outgoing* Dispatcher::FirstReadySuspect(SteadyTime now) const {
  Outgoing* const searched = Searched();
  if (searched != nullptr && searched->transfer) return nullptr;
  const bool is_ready = searched != nullptr && searched->not_before <= now;
  return is_ready ? searched : FirstReady(Lane::kSuspect, now);
}

// The one batch that is searched, or may be next.
Dispatcher::Outgoing* Dispatcher::Searched() const {
  Outgoing* first_suspect = nullptr;
  for (const auto& outgoing : outgoing_) {
    if (outgoing->batch.lines().searching()) return outgoing.get();
    if (first_suspect == nullptr && outgoing->batch.lines().suspect()) first_suspect = outgoing.get();
  }
  return first_suspect;
}

Dispatcher::Outgoing* Dispatcher::Take(Lane lane, SteadyTime now) {
  while (true) {
    const bool live = lane == Lane::kLive;
    const WaitingBatches::Parts parts = live ? waiting_.TakeLive(now, JoinLimit()) : waiting_.TakeBacklog(JoinLimit());
    if (parts.empty()) return nullptr;
    auto outgoing = std::make_unique<Outgoing>(OutgoingBatch(parts, known_), live, OwnBackoff(gate_.cap()));
    if (!live) pace_.Sent(outgoing->batch.lines().remaining_lines(), now);
    if (outgoing->batch.lines().done()) {
      Acknowledge(*outgoing);
      continue;
    }
    outgoing_.push_back(std::move(outgoing));
    return outgoing_.back().get();
  }
}

// While it is not known that the target is well, it is asked with as little as there is.
WaitingBatches::Limit Dispatcher::JoinLimit() const {
  if (gate_.state() != Gate::State::kOpen) return {1, 1};
  const BatchLimits limits;
  return {limits.grown_max_lines, std::min(limits.max_bytes, size_limit_.max_bytes())};
}

void Dispatcher::Send(Outgoing& outgoing) {
  const Lane lane = LaneOf(outgoing);
  live_went_last_ = lane == Lane::kLive;
  if (lane != Lane::kLive) {
    last_beside_ = lane;
    last_slot_.Started();
  }
  PoisonSearch& lines = outgoing.batch.lines();
  lines.SplitOffKnown();
  outgoing.probing = held() || (Searched() == &outgoing && lines.WantsProbe(record_.last_was_stored()));
  outgoing.sent = outgoing.probing ? ProbeFor(outgoing) : lines.Next(size_limit_.max_bytes());
  outgoing.transfer = outgoing.last_sent = ++last_transfer_;
  outgoing.round = gate_.round();
  outgoing.stored_at_sending = record_.stored();
  if (!outgoing.probing) parts_.ledger.Move(outgoing.waiting(), outgoing.flying(), outgoing.sent->line_count());
  ++counts_.writes;
  if (outgoing.tried) ++counts_.write_retries;
  parts_.log.Sent(*outgoing.sent);
  parts_.sink.Start(*outgoing.transfer, outgoing.sent);
}

// A line that was stored lately. Where none was, lines of this batch and of others in turn. While everything is
// refused both, for the one may be refused for its age.
std::shared_ptr<const Batch> Dispatcher::ProbeFor(Outgoing& outgoing) {
  const std::size_t turn = probes_++;
  if (record_.stored_line() != nullptr && (!held() || turn % 4 == 0)) return record_.stored_line();
  Outgoing* const other = outgoing_[turn % outgoing_.size()].get();
  const bool may_be_other = !held() && turn % 2 == 1 && !other->batch.lines().done();
  return (may_be_other ? *other : outgoing).batch.lines().Sample();
}

// Whatever could start now was started, so only what is to come counts.
std::optional<SteadyTime> Dispatcher::NextStart(SteadyTime now) const {
  if (in_flight() >= SlotsOpen()) return std::nullopt;
  std::optional<SteadyTime> first;
  const auto consider = [&](SteadyTime at) {
    at = std::max(at, gate_.ready_at());
    if (at > now && (!first || at < *first)) first = at;
  };
  for (const auto& outgoing : outgoing_) {
    if (!outgoing->transfer) consider(outgoing->not_before);
  }
  if (!waiting_.empty()) consider(draining_ ? gate_.ready_at() : pace_.ready_at());
  if (!waiting_.empty()) consider(gate_.ready_at());
  if (const auto opens_at = last_slot_.opens_at()) consider(*opens_at);
  return first;
}

}  // namespace vmtelem

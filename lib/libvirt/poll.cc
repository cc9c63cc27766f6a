#include "libvirt/poll.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vmtelem {

Result<PollResult> Poll::Run(const DomainRefs& domains) {
  for (auto& shard : Split(domains, plan_.shards)) queue_.push_back({std::move(shard)});
  auto done = Go();
  if (!done) {
    GiveUp();
    return tl::make_unexpected(done.error());
  }
  if (!last_error_) last_error_ = parts_.control.NoAnswer().value();
  if (result_.answers.empty() && !result_.unanswered.empty()) return tl::make_unexpected(*last_error_);
  result_.why_unanswered = last_error_->message;
  return std::move(result_);
}

Result<void> Poll::Go() {
  while (true) {
    StartQueued();
    if (asking_.empty()) return {};
    Wait();
    TakeReplies();
    if (parts_.bell.cancelled()) return Fail(ErrorCode::kClosed, "interrupted");
    const SteadyTime now = parts_.clock.SteadyNow();
    if (now >= plan_.deadline) {
      GiveUp();
    } else {
      LookInto(now);
    }
  }
}

void Poll::StartQueued() {
  while (!queue_.empty() && MayStart()) {
    Piece piece = std::move(queue_.front());
    queue_.pop_front();
    Start(std::move(piece));
  }
  const bool no_lane_to_come = parts_.lanes.lot()->blocked(parts_.clock.SteadyNow()) >= plan_.blocked_max ||
                               std::all_of(asking_.begin(), asking_.end(), [](const Asking& a) { return a.looks > 0; });
  if (!queue_.empty() && no_lane_to_come) AskWithoutMonitor();
}

bool Poll::MayStart() const {
  if (queue_.front().depth == Depth::kWithoutMonitor) return AskingInFull() == asking_.size();
  return AskingInFull() + parts_.lanes.lot()->blocked(parts_.clock.SteadyNow()) < plan_.blocked_max;
}

std::size_t Poll::AskingInFull() const {
  return static_cast<std::size_t>(std::count_if(
      asking_.begin(), asking_.end(), [](const Asking& asking) { return asking.piece.depth == Depth::kFull; }));
}

// All that waits for a lane, in one call: of these there is never more than one.
void Poll::AskWithoutMonitor() {
  Piece all{{}, Depth::kWithoutMonitor, true};
  for (Piece& piece : queue_) {
    std::move(piece.domains.begin(), piece.domains.end(), std::back_inserter(all.domains));
  }
  queue_.clear();
  queue_.push_back(std::move(all));
  if (!MayStart()) return;
  Piece piece = std::move(queue_.front());
  queue_.pop_front();
  Start(std::move(piece));
}

void Poll::Start(Piece piece) {
  auto lane = parts_.lanes.Take();
  if (!lane) return NoteUnanswered(std::move(piece), std::move(lane.error()));
  BulkSession::Request request{piece.domains, plan_.question, parts_.control.domains().size(), {}, {}};
  if (plan_.is_remote && !parts_.stuck.any_set_aside()) request.lookup = Lookup::kByListing;
  request.question.depth = piece.depth;
  request.question.hung = parts_.stuck.all_hung();
  request.memory.domains = MemoryFor(piece.domains.size());
  Asking asking{std::move(piece), std::move(*lane), {}, parts_.clock.SteadyNow(), {}};
  asking.look_at = asking.since + LimitOf(asking);
  asking.reply = asking.lane->Start([request = std::move(request)](BulkSession& session, LaneClock& clock) mutable {
    return session.Read(std::move(request), clock);
  });
  asking_.push_back(std::move(asking));
}

Nanoseconds Poll::LimitOf(const Asking& asking) const {
  return asking.piece.is_part ? parts_.pace.LimitOfPart() : parts_.pace.Limit();
}

std::vector<DomainStats> Poll::MemoryFor(std::size_t count) {
  std::vector<DomainStats> memory;
  memory.reserve(count);
  while (memory.size() < count && !plan_.memory.empty()) {
    memory.push_back(std::move(plan_.memory.back()));
    plan_.memory.pop_back();
  }
  return memory;
}

void Poll::Wait() {
  SteadyTime until = plan_.deadline;
  for (const Asking& asking : asking_) until = std::min(until, asking.look_at);
  const bool all_at_once = queue_.empty();
  parts_.bell.WaitUntil(parts_.clock, until, [&] {
    const auto idle = [](const Asking& asking) { return asking.lane->idle(); };
    return all_at_once ? std::all_of(asking_.begin(), asking_.end(), idle)
                       : std::any_of(asking_.begin(), asking_.end(), idle);
  });
}

void Poll::TakeReplies() {
  const auto first_idle =
      std::stable_partition(asking_.begin(), asking_.end(), [](const Asking& asking) { return !asking.lane->idle(); });
  std::vector<Asking> done(std::make_move_iterator(first_idle), std::make_move_iterator(asking_.end()));
  asking_.erase(first_idle, asking_.end());
  for (Asking& asking : done) Take(std::move(asking));
}

void Poll::Take(Asking asking) {
  auto reply = asking.reply.Take();
  if (!reply) return TakeFailure(std::move(asking.piece), std::move(reply.error()));
  parts_.lanes.GiveBack(std::move(asking.lane));
  if (asking.piece.depth == Depth::kFull && !asking.piece.is_part) parts_.pace.Note(reply->took);
  result_.answers.push_back(std::move(reply->answer));
}

// A connection that ended may have done so alone, and all of them end when the daemon is restarted: try once more on a
// new one. What others answered counts in any case.
void Poll::TakeFailure(Piece piece, Error error) {
  if (error.code != ErrorCode::kUnreachable) return NoteUnanswered(std::move(piece), std::move(error));
  parts_.lanes.DropAll();
  result_.lost_lane = true;
  if (piece.asked_again) return NoteUnanswered(std::move(piece), std::move(error));
  piece.asked_again = true;
  queue_.push_back(std::move(piece));
}

void Poll::NoteUnanswered(Piece piece, Error error) {
  NoteUnanswered(std::move(piece.domains));
  last_error_ = std::move(error);
}

void Poll::NoteUnanswered(DomainRefs domains) {
  std::move(domains.begin(), domains.end(), std::back_inserter(result_.unanswered));
}

// After an interruption the calls have not hung; they end in a moment.
void Poll::GiveUp() {
  for (Asking& asking : asking_) {
    if (!parts_.bell.cancelled()) static_cast<void>(asking.lane->Park());
    NoteUnanswered(std::move(asking.piece.domains));
  }
  asking_.clear();
  for (Piece& piece : queue_) NoteUnanswered(std::move(piece.domains));
  queue_.clear();
}

}  // namespace vmtelem

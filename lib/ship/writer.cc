#include "ship/writer.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/text.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kSpoolInterval = std::chrono::seconds(1);  // at which the spool is asked what has changed
constexpr Nanoseconds kPersistFor = std::chrono::seconds(4);     // at the end: within the grace that a stop has
constexpr std::size_t kMostMadeDurable = 8;                      // batches in one go: what is fresh waits meanwhile
constexpr Nanoseconds kDrainRetryMax = std::chrono::seconds(1);  // a stop has no time for long waits

bool AnyAnswer(const LineCounts& counts) { return counts.written + counts.rejected > 0; }

Error OutOfTime(const LineCounts& counts) {
  const char* const what = AnyAnswer(counts) ? "the drain time-out has ended" : "no answer within the drain time-out";
  return {ErrorCode::kTimeout, what, {}};
}

}  // namespace

Writer::Writer(const DeliveryOptions& options, Parts parts, LoggerPtr logger)
    : parts_(std::move(parts)),
      logger_(std::move(logger)),
      log_(logger_, parts_.clock),
      accounts_(parts_.spool, parts_.ledger, log_, parts_.sample),
      batcher_(options),
      dispatcher_(options, {parts_.spool, parts_.sink, accounts_, log_}, parts_.random) {
  stats_.seen_at = parts_.clock.SteadyNow();
}

void Writer::Run() {
  while (true) {
    const SteadyTime now = parts_.clock.SteadyNow();
    if (now >= changes_due_) KeepSpool(now);
    Intake(now);
    SealAndStart(now);
    Publish(dispatcher_.fault());
    if (Finished(now)) {
      NoteChanges(now);  // the spool may have kept something back
      if (Finished(now)) break;
      continue;
    }
    for (const Completion& completion : parts_.sink.Wait(Timeout(now))) {
      dispatcher_.Completed(completion, parts_.clock.SteadyNow());
    }
  }
  End();
}

// Whether the queue is closed is read before it is emptied: nothing can enter it after that.
void Writer::Intake(SteadyTime now) {
  const bool was_closed = std::exchange(closed_, parts_.queue.closed());
  {
    const std::lock_guard guard(mutex_);
    drain_ = stop_;
  }
  if (closed_ && !was_closed) dispatcher_.Hasten(now, kDrainRetryMax);
  if (const auto dropped = parts_.queue.TakeDropped()) accounts_.LostFromQueue(*dropped, now);
  batcher_.Add(parts_.queue.TakeAll(), now);
}

// While the target refuses everything a batch that is due is sealed first, so that its lines may be the probe.
void Writer::SealAndStart(SteadyTime now) {
  if (!dispatcher_.held()) dispatcher_.Start(now);
  while (closed_ ? !batcher_.empty() : batcher_.Due(now, PaceAt(now))) {
    Seal(now);
    dispatcher_.Start(now);
  }
  dispatcher_.Start(now);
}

void Writer::Seal(SteadyTime now) {
  SpooledBatch added = parts_.spool.Add(std::make_shared<const Batch>(batcher_.Take()));
  if (added.durable) parts_.ledger.Move(&LineCounts::queued, &LineCounts::spooled, added.batch->line_count());
  dispatcher_.Sealed(std::move(added), now);
  KeepSpool(now);
}

void Writer::KeepSpool(SteadyTime now) {
  NoteChanges(now);
  parts_.spool.Tidy();
}

void Writer::NoteChanges(SteadyTime now) {
  changes_due_ = now + kSpoolInterval;
  const SpoolChanges changes = parts_.spool.CatchUp();
  accounts_.Recovered(changes.recovered_lines, now);
  if (changes.recovered_lines > 0 || changes.released) dispatcher_.MoreCame();
  dispatcher_.Displaced(changes.displaced);
  accounts_.Changed(changes, now);
  if (parts_.spool.stats().durable) dispatcher_.MakeDurable(kMostMadeDurable);
}

// A sealed batch that cannot be sent is of no use, unless it is safer than an open one.
Pace Writer::PaceAt(SteadyTime now) const {
  if (dispatcher_.HasRoom(now)) return Pace::kPrompt;
  return parts_.spool.stats().durable ? Pace::kKeep : Pace::kGrow;
}

bool Writer::Finished(SteadyTime now) const {
  if (!closed_) return false;
  if (batcher_.empty() && dispatcher_.idle()) return true;
  if (drain_ && now >= drain_->until) return true;
  return drain_ && drain_->on_hold && dispatcher_.held() && dispatcher_.in_flight() == 0;
}

Nanoseconds Writer::Timeout(SteadyTime now) const {
  SteadyTime until = changes_due_;
  for (const auto& event : {batcher_.DueAt(PaceAt(now)), dispatcher_.NextStart(now)}) {
    if (event) until = std::min(until, *event);
  }
  if (drain_) until = std::min(until, drain_->until);
  return std::max(until - now, Nanoseconds::zero());
}

// A disk that was away for long has much to take, which is given it in parts; a spool that is nearly full may be making
// room for it.
void Writer::PersistAll(SteadyTime now) {
  SpoolStats before, after = parts_.spool.stats();
  do {
    before = after;
    NoteChanges(now);
    if (parts_.spool.stats().memory_batches > 0) parts_.spool.Tidy();
    after = parts_.spool.stats();
  } while (after.memory_batches > 0 && (after.makes_room || after.memory_batches < before.memory_batches) &&
           parts_.clock.SteadyNow() < now + kPersistFor);
}

// What only memory holds is lost with the process, so the disk is tried once more.
void Writer::End() {
  const SteadyTime now = parts_.clock.SteadyNow();
  const bool all_tried = batcher_.empty() && dispatcher_.idle();
  dispatcher_.Abort();
  PersistAll(now);
  dispatcher_.MakeDurable(std::numeric_limits<std::size_t>::max());
  NoteChanges(now);
  accounts_.Lost(parts_.spool.GiveUpAway(), now);
  log_.SayRest();
  const LineCounts counts = parts_.ledger.counts();
  const bool left = counts.queued > 0 || (counts.spooled > 0 && !all_tried);
  // A backlog that is being taken, but is longer than the time to stop, is no fault: it waits on the disk.
  const bool only_time = counts.queued == 0 && !dispatcher_.fault() && AnyAnswer(counts);
  const Error why = dispatcher_.fault().value_or(OutOfTime(counts));
  if (left && counts.spooled > 0)
    logger_->info("{} left in the spool: {}", CountOf(counts.spooled, "line"), why.message);
  accounts_.DropQueued();
  if (counts.queued > 0 && why.code != ErrorCode::kClosed) {
    logger_->error("{} not delivered and dropped: {}", CountOf(counts.queued, "line"), why.message);
  }
  if (left && !only_time) return Publish(why);
  Publish(accounts_.last_rejection() ? accounts_.last_rejection() : dispatcher_.fault());
}

void Writer::Publish(const std::optional<Error>& fault) {
  const Dispatcher::Counts& counts = dispatcher_.counts();
  SpoolStats spool = parts_.spool.stats();
  const std::lock_guard guard(mutex_);
  stats_.writes = counts.writes;
  stats_.write_retries = counts.write_retries;
  stats_.write_latency = counts.write_latency;
  stats_.answers = counts.answers;
  stats_.spool = std::move(spool);
  stats_.open_bytes = batcher_.bytes();
  stats_.seen_at = parts_.clock.SteadyNow();
  if (fault.has_value() != stats_.fault.has_value() || stats_.state_since == SteadyTime{}) {
    stats_.state_since = stats_.seen_at;
  }
  stats_.fault = fault;
  stats_.rejected = log_.last_rejected();
  stats_.lost = log_.last_lost();
}

void Writer::Stop(const Drain& drain) {
  const SteadyTime until = parts_.clock.SteadyNow() + drain.timeout;
  {
    const std::lock_guard guard(mutex_);
    const Stopping before = stop_.value_or(Stopping{until, false});
    stop_ = {std::min(until, before.until), before.on_hold || drain.stops_on_hold};
  }
  parts_.queue.Close();
}

WriterStats Writer::stats() const {
  const std::lock_guard guard(mutex_);
  return stats_;
}

}  // namespace vmtelem

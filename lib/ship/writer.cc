#include "ship/writer.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/text.h"
#include "ship/batcher.h"
#include "ship/delivery_log.h"
#include "ship/dispatcher.h"

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

struct Writer::State {
  State(const DeliveryOptions& options, Parts p, LoggerPtr l)
      : parts(std::move(p)),
        logger(std::move(l)),
        log(logger, parts.clock),
        batcher(options),
        dispatcher(options, {parts.spool, parts.sink, parts.ledger, log, parts.sample, parts.random}) {
    stats.seen_at = parts.clock.SteadyNow();
  }

  void Run();
  void Intake(SteadyTime now);
  void SealAndStart(SteadyTime now);
  void Seal(SteadyTime now);
  void KeepSpool(SteadyTime now);
  void NoteChanges(SteadyTime now);
  void NoteLosses(const std::vector<SpoolLoss>& losses, SteadyTime now);
  void NoteLoss(const SpoolLoss& loss, SteadyTime now);
  [[nodiscard]] Pace PaceAt(SteadyTime now) const;
  [[nodiscard]] bool Finished(SteadyTime now) const;
  [[nodiscard]] Nanoseconds Timeout(SteadyTime now) const;
  void PersistAll(SteadyTime now);
  void End();
  void Publish(const std::optional<Error>& fault);

  const Parts parts;
  const LoggerPtr logger;
  DeliveryLog log;
  Batcher batcher;
  Dispatcher dispatcher;
  std::optional<SteadyTime> drain_until;  // the writer's own copies, from when it has noticed
  bool stops_on_hold = false;
  bool closed = false;
  SteadyTime changes_due{};

  mutable std::mutex mutex;  // of what is below: the only state that other threads touch
  std::optional<SteadyTime> stop_at;
  bool stop_on_hold = false;
  WriterStats stats;
};

void Writer::State::Run() {
  while (true) {
    const SteadyTime now = parts.clock.SteadyNow();
    if (now >= changes_due) KeepSpool(now);
    Intake(now);
    SealAndStart(now);
    Publish(dispatcher.fault());
    if (Finished(now)) {
      NoteChanges(now);  // the spool may have kept something back
      if (Finished(now)) break;
      continue;
    }
    for (const Completion& completion : parts.sink.Wait(Timeout(now))) {
      dispatcher.Settle(completion, parts.clock.SteadyNow());
    }
  }
  End();
}

// Whether the queue is closed is read before it is emptied: nothing can enter it after that.
void Writer::State::Intake(SteadyTime now) {
  const bool was_closed = std::exchange(closed, parts.queue.closed());
  {
    const std::lock_guard guard(mutex);
    drain_until = stop_at;
    stops_on_hold = stop_on_hold;
  }
  if (closed && !was_closed) dispatcher.Hasten(now, kDrainRetryMax);
  if (const auto dropped = parts.queue.TakeDropped()) NoteLoss(*dropped, now);
  Lines fresh;
  if (parts.queue.TakeAll(fresh)) batcher.Add(std::move(fresh), now);
}

// While the target refuses everything a batch that is due is sealed first, so that it may be the one that is probed.
void Writer::State::SealAndStart(SteadyTime now) {
  if (!dispatcher.held()) dispatcher.Start(now);
  while (closed ? !batcher.empty() : batcher.Due(now, PaceAt(now))) {
    Seal(now);
    dispatcher.Start(now);
  }
  dispatcher.Start(now);
}

void Writer::State::Seal(SteadyTime now) {
  auto batch = std::make_shared<const Batch>(batcher.Take());
  const std::size_t lines = batch->line_count();
  const Spool::Kept kept = parts.spool.Add(std::move(batch));
  if (kept.durable) parts.ledger.Move(Place::kQueued, Place::kSpooled, lines);
  dispatcher.Sealed(kept.id, lines, now);
  KeepSpool(now);
}

void Writer::State::KeepSpool(SteadyTime now) {
  NoteChanges(now);
  parts.spool.Tidy();
}

void Writer::State::NoteChanges(SteadyTime now) {
  changes_due = now + kSpoolInterval;
  const SpoolChanges changes = parts.spool.CatchUp();
  if (changes.recovered_lines > 0) {
    parts.ledger.Recovered(changes.recovered_lines);
    log.Found(changes.recovered_lines, now);
  }
  if (changes.recovered_lines > 0 || changes.released) dispatcher.MoreCame();
  dispatcher.Displaced(changes.displaced);
  if (changes.persisted_lines > 0) parts.ledger.Move(Place::kQueued, Place::kSpooled, changes.persisted_lines);
  parts.ledger.Move(Place::kSpooled, Place::kWritten, changes.written_lines);
  parts.ledger.Move(Place::kSpooled, Place::kRejected, changes.rejected_lines);
  parts.ledger.Move(Place::kSpooled, Place::kHandedOver, changes.handed_over_lines);
  NoteLosses(changes.losses, now);
  if (parts.spool.stats().durable) dispatcher.MakeDurable(kMostMadeDurable);
}

void Writer::State::NoteLosses(const std::vector<SpoolLoss>& losses, SteadyTime now) {
  for (const SpoolLoss& loss : losses) {
    parts.ledger.Move(loss.durable ? Place::kSpooled : Place::kQueued, Place::kDropped, loss.lines);
    NoteLoss(loss, now);
  }
  log.SayLosses(now);
}

void Writer::State::NoteLoss(const SpoolLoss& loss, SteadyTime now) {
  log.Lost(loss, now);
  if (parts.sample != nullptr) parts.sample->Lost(loss);
}

// A sealed batch that cannot be sent is of no use, unless it is safer than an open one.
Pace Writer::State::PaceAt(SteadyTime now) const {
  if (dispatcher.HasRoom(now)) return Pace::kPrompt;
  return parts.spool.stats().durable ? Pace::kKeep : Pace::kGrow;
}

bool Writer::State::Finished(SteadyTime now) const {
  if (!closed) return false;
  if (batcher.empty() && dispatcher.idle()) return true;
  if (drain_until && now >= *drain_until) return true;
  return stops_on_hold && dispatcher.held() && dispatcher.in_flight() == 0;
}

Nanoseconds Writer::State::Timeout(SteadyTime now) const {
  SteadyTime until = changes_due;
  for (const auto& event : {batcher.DueAt(PaceAt(now)), dispatcher.NextStart(now), drain_until}) {
    if (event) until = std::min(until, *event);
  }
  return std::max(until - now, Nanoseconds::zero());
}

// A disk that was away for long has much to take, which is given it in parts; a spool that is nearly full may be making
// room for it.
void Writer::State::PersistAll(SteadyTime now) {
  SpoolStats before, after = parts.spool.stats();
  do {
    before = after;
    NoteChanges(now);
    if (parts.spool.stats().memory_batches > 0) parts.spool.Tidy();
    after = parts.spool.stats();
  } while (after.memory_batches > 0 && (after.makes_room || after.memory_batches < before.memory_batches) &&
           parts.clock.SteadyNow() < now + kPersistFor);
}

// What only memory holds is lost with the process, so the disk is tried once more.
void Writer::State::End() {
  const SteadyTime now = parts.clock.SteadyNow();
  const bool all_tried = batcher.empty() && dispatcher.idle();
  dispatcher.Abort();
  PersistAll(now);
  dispatcher.MakeDurable(std::numeric_limits<std::size_t>::max());
  NoteChanges(now);
  NoteLosses(parts.spool.GiveUpAway(), now);
  log.SayRest();
  const LineCounts counts = parts.ledger.counts();
  const bool left = counts.queued > 0 || (counts.spooled > 0 && !all_tried);
  // A backlog that is being taken, but is longer than the time to stop, is no fault: it waits on the disk.
  const bool only_time = counts.queued == 0 && !dispatcher.fault() && AnyAnswer(counts);
  const Error why = dispatcher.fault().value_or(OutOfTime(counts));
  if (left && counts.spooled > 0)
    logger->info("{} left in the spool: {}", CountOf(counts.spooled, "line"), why.message);
  parts.ledger.Move(Place::kQueued, Place::kDropped, counts.queued);
  if (parts.sample != nullptr) parts.sample->LostFromMemory(counts.queued);
  if (counts.queued > 0 && why.code != ErrorCode::kClosed) {
    logger->error("{} not delivered and dropped: {}", CountOf(counts.queued, "line"), why.message);
  }
  if (left && !only_time) return Publish(why);
  Publish(dispatcher.last_rejection() ? dispatcher.last_rejection() : dispatcher.fault());
}

void Writer::State::Publish(const std::optional<Error>& fault) {
  const Dispatcher::Counts counts = dispatcher.counts();
  const SpoolStats spool = parts.spool.stats();
  const std::lock_guard guard(mutex);
  stats = {counts.writes, counts.write_retries, counts.write_latency, spool, batcher.bytes(), parts.clock.SteadyNow(),
           fault,         log.last_rejected(),  log.last_lost()};
}

Writer::Writer(const DeliveryOptions& options, Parts parts, LoggerPtr log)
    : state_(std::make_unique<State>(options, std::move(parts), std::move(log))) {}

Writer::~Writer() = default;

void Writer::Run() { state_->Run(); }

void Writer::Stop(const Drain& drain) {
  const SteadyTime until = state_->parts.clock.SteadyNow() + drain.timeout;
  {
    const std::lock_guard guard(state_->mutex);
    state_->stop_at = std::min(until, state_->stop_at.value_or(until));
    state_->stop_on_hold = state_->stop_on_hold || drain.stops_on_hold;
  }
  state_->parts.queue.Close();
}

WriterStats Writer::stats() const {
  const std::lock_guard guard(state_->mutex);
  return state_->stats;
}

}  // namespace vmtelem

#include "ship/writer.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "ship/batcher.h"
#include "ship/delivery_log.h"
#include "ship/dispatcher.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kLongestWait = std::chrono::minutes(1);    // nothing depends on it
constexpr Nanoseconds kDrainRetryMax = std::chrono::seconds(1);  // a stop has no time for long waits

BatchLimits LimitsOf(const WriterOptions& options) {
  return {.max_lines = options.batch_max_lines, .max_age = options.batch_max_age};
}

}  // namespace

struct Writer::State {
  State(WriterOptions o, Parts p, LoggerPtr l)
      : options(std::move(o)),
        parts(p),
        logger(std::move(l)),
        log(logger),
        batcher(LimitsOf(options)),
        dispatcher(options.writes_in_flight,
                   Gate(Backoff(options.retry_max, options.random ? options.random : SystemRandom())),
                   {p.spool, p.sink, p.ledger, log}) {}

  void Run();
  void Intake(SteadyTime now);
  void SealAndStart(SteadyTime now);
  void Seal();
  [[nodiscard]] Pace PaceAt(SteadyTime now) const;
  [[nodiscard]] bool Finished(SteadyTime now) const;
  [[nodiscard]] Nanoseconds Timeout(SteadyTime now) const;
  void End();
  void Publish(const std::optional<Error>& fault);

  const WriterOptions options;
  const Parts parts;
  const LoggerPtr logger;
  DeliveryLog log;
  Batcher batcher;
  Dispatcher dispatcher;
  std::optional<SteadyTime> drain_until;  // the writer's own copy, from when it has noticed
  bool closed = false;

  mutable std::mutex mutex;  // of what is below: the only state that other threads touch
  std::optional<SteadyTime> stop_at;
  WriterStats stats;
};

void Writer::State::Run() {
  while (true) {
    const SteadyTime now = parts.clock.SteadyNow();
    Intake(now);
    SealAndStart(now);
    Publish(dispatcher.fault());
    if (Finished(now)) break;
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
  }
  if (closed && !was_closed) dispatcher.Hasten(now, kDrainRetryMax);
  if (!closed) log.Dropped(parts.ledger.counts().dropped, now);
  Lines fresh;
  if (parts.queue.TakeAll(fresh)) batcher.Add(std::move(fresh), now);
}

void Writer::State::SealAndStart(SteadyTime now) {
  dispatcher.Start(now, Dispatcher::Which::kUndoubted);
  while (closed ? !batcher.empty() : batcher.Due(now, PaceAt(now))) {
    Seal();
    dispatcher.Start(now, Dispatcher::Which::kUndoubted);
  }
  dispatcher.Start(now, Dispatcher::Which::kAll);
}

void Writer::State::Seal() {
  auto batch = std::make_shared<const Batch>(batcher.Take());
  const Place place = dispatcher.waiting();
  if (place != Place::kQueued) parts.ledger.Move(Place::kQueued, place, batch->line_count());
  const std::size_t given_up = parts.spool.Add(std::move(batch));
  if (given_up > 0) parts.ledger.Move(place, Place::kDropped, given_up);
  dispatcher.BatchSpooled();
}

Pace Writer::State::PaceAt(SteadyTime now) const { return dispatcher.HasRoom(now) ? Pace::kPrompt : Pace::kGrow; }

bool Writer::State::Finished(SteadyTime now) const {
  if (!closed) return false;
  if (batcher.empty() && dispatcher.idle()) return true;
  if (drain_until && now >= *drain_until) return true;
  return options.drain_stops_on_hold && dispatcher.held() && dispatcher.in_flight() == 0;
}

Nanoseconds Writer::State::Timeout(SteadyTime now) const {
  SteadyTime until = now + kLongestWait;
  for (const auto& event : {batcher.DueAt(PaceAt(now)), dispatcher.NextStart(now), drain_until}) {
    if (event) until = std::min(until, *event);
  }
  return std::max(until - now, Nanoseconds::zero());
}

void Writer::State::End() {
  dispatcher.Abort();
  const bool durable = parts.spool.stats().durable;
  const std::uint64_t left = durable ? parts.spool.stats().lines : dispatcher.GiveUp();
  if (left == 0) return Publish(dispatcher.last_rejection() ? dispatcher.last_rejection() : dispatcher.fault());
  const Error why = dispatcher.fault().value_or(Error{ErrorCode::kTimeout, "no answer within the drain time-out", {}});
  if (durable) {
    logger->info("{} left in the spool: {}", CountOf(left, "line"), why.message);
  } else if (why.code != ErrorCode::kClosed) {
    logger->error("{} not delivered and dropped: {}", CountOf(left, "line"), why.message);
  }
  Publish(why);
}

void Writer::State::Publish(const std::optional<Error>& fault) {
  const Dispatcher::Counts counts = dispatcher.counts();
  const SpoolStats spool = parts.spool.stats();
  const std::lock_guard guard(mutex);
  stats = {counts.writes, counts.write_retries, counts.write_latency, spool.bytes, spool.batches, batcher.bytes(),
           fault};
}

Writer::Writer(WriterOptions options, Parts parts, LoggerPtr log)
    : state_(std::make_unique<State>(std::move(options), parts, std::move(log))) {}

Writer::~Writer() = default;

void Writer::Run() { state_->Run(); }

void Writer::Stop(Nanoseconds drain_timeout) {
  const SteadyTime until = state_->parts.clock.SteadyNow() + drain_timeout;
  {
    const std::lock_guard guard(state_->mutex);
    state_->stop_at = std::min(until, state_->stop_at.value_or(until));
  }
  state_->parts.queue.Close();
}

WriterStats Writer::stats() const {
  const std::lock_guard guard(state_->mutex);
  return state_->stats;
}

}  // namespace vmtelem

#include "agent/sample_delivery.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "agent/spool_setup.h"
#include "base/sleep.h"
#include "base/text.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kLookInterval = std::chrono::milliseconds(20);

// What is neither stored nor refused, nor in the spool or taken from there, was dropped before it came to a batch.
BatchOutcome Bounded(BatchOutcome sample, const LineCounts& counts) {
  const std::uint64_t beyond = sample.waiting - std::min(sample.waiting, counts.spooled + counts.handed_over);
  sample.waiting -= beyond;
  sample.dropped += beyond;
  return sample;
}

Error WaitsIn(const std::string& path, const Delivery& delivery) {
  const std::string why =
      delivery.delivered_elsewhere ? "another process has begun to deliver from it" : "the drain time-out has ended";
  return {ErrorCode::kInUse, fmt::format("this sample waits in {}: {}", path, why), {}};
}

// `holder` is the process that delivers, and from where.
std::optional<Error> FaultOf(const std::string& holder, const BatchOutcome& outcome) {
  if (outcome.waiting > 0) return Error{ErrorCode::kInUse, holder + ", but has not delivered this sample yet", {}};
  if (outcome.rejected == 0) return std::nullopt;
  const std::string what = CountOf(outcome.rejected, "line") + " of this sample";
  return Error{ErrorCode::kRefusedData, fmt::format("{}; the database has refused {}", holder, what),
               "the reasons are beside it, in rejected/"};
}

// What another process made of a sample of so many lines.
Delivery Settled(const std::string& holder, const BatchOutcome& outcome, std::size_t lines) {
  Delivery delivery{
      .lines = {.sampled = lines, .spooled = outcome.waiting, .written = outcome.written, .rejected = outcome.rejected},
      .sample = outcome,
      .fault = FaultOf(holder, outcome)};
  if (outcome.dropped > 0) delivery.lost = fmt::format("{}; this sample is lost: {}", holder, outcome.reason);
  return delivery;
}

}  // namespace

std::uint64_t LostLines(const LineCounts& counts) {
  return counts.sampled + counts.recovered - counts.written - counts.rejected - counts.spooled - counts.handed_over;
}

Delivery DeliverOnce(Lines lines, DeliveryTarget target, const DeliveryOptions& options, Clock& clock,
                     const LoggerPtr& log) {
  SampleOutcome sample(lines);
  DeliveryPipeline pipeline(options, std::move(target), clock, log, &sample);
  if (!lines.empty()) pipeline.queue.Push(std::move(lines));
  pipeline.writer.Stop({.timeout = options.drain_timeout, .stops_on_hold = true});
  pipeline.writer.Run();
  const WriterStats stats = pipeline.writer.stats();
  const LineCounts counts = pipeline.ledger.counts();
  const BatchOutcome own = Bounded(sample.outcome(), counts);
  std::optional<Error> fault = stats.fault;
  if (own.rejected > 0 && fault && fault->code == ErrorCode::kRefusedData) fault->message = own.reason;
  return {counts, own, fault, stats.spool.delivered_elsewhere, pipeline.target.spool->UnreadablePaths()};
}

SampleDelivery::SampleDelivery(const DeliveryOptions& options, Parts parts)
    : options_(options), parts_(std::move(parts)) {}

Delivery SampleDelivery::From(std::unique_ptr<Spool> spool, Lines lines) {
  return DeliverOnce(std::move(lines), {std::move(parts_.sink), std::move(spool)}, options_, parts_.clock, parts_.log);
}

Delivery SampleDelivery::FromMemory(Lines lines) { return From(MakeMemorySpool(options_), std::move(lines)); }

Delivery SampleDelivery::FromSpool(SpoolLock lock, Lines lines) {
  if (lock.state() == SpoolLock::State::kElsewhere) return HandOver(std::move(lock), std::move(lines));
  if (lock.state() == SpoolLock::State::kHeld) return FromDisk(std::move(lock), std::move(lines));
  parts_.spool_log->warn("cannot use the spool, what is not delivered now is lost: {}", lock.reason());
  return FromMemory(std::move(lines));
}

Delivery SampleDelivery::FromDisk(SpoolLock lock, Lines lines) {
  const std::string path = lock.path();
  Delivery delivery = From(MakeDiskSpool(options_, std::move(lock), parts_.clock, parts_.spool_log), std::move(lines));
  if (delivery.sample.waiting > 0 && !delivery.fault) delivery.fault = WaitsIn(path, delivery);
  return delivery;
}

// Another process delivers from the spool: it gets the lines as well, which are safe there, and is waited for. What
// becomes of them is in that process's books, and it says so.
Delivery SampleDelivery::HandOver(SpoolLock lock, Lines lines) {
  if (lines.empty()) return {};
  const auto left = EnqueueInSpool(lock.root(), lock.target(), Batch(Lines{lines}));
  if (!left) {
    parts_.spool_log->warn(left.error().message);
    return FromMemory(std::move(lines));
  }
  const std::string holder = lock.reason();
  const SteadyTime deadline = parts_.clock.SteadyNow() + options_.drain_timeout;
  while (true) {
    if (const auto outcome = left->batch.Look(left->directory)) return Settled(holder, *outcome, lines.count);
    if (lock.Take() == SpoolLock::State::kHeld) return TakeOver(std::move(lock), *left, std::move(lines));
    const SteadyTime now = parts_.clock.SteadyNow();
    if (now >= deadline) return Settled(holder, {.waiting = lines.count}, lines.count);
    SleepUntil(parts_.clock, now + kLookInterval);
  }
}

// That process has ended: now this one delivers all that waits. The batch stays watched while it is delivered, since
// somebody may have removed it before it was found.
Delivery SampleDelivery::TakeOver(SpoolLock lock, const EnqueuedBatch& left, Lines lines) {
  const std::string path = lock.path();
  left.batch.Restore(left.directory);
  if (const auto outcome = left.batch.Look(left.directory)) return Settled(path, *outcome, lines.count);
  if (!IsAt(left.directory, path)) return FromDisk(std::move(lock), std::move(lines));  // the spool is another now
  Delivery delivery = FromDisk(std::move(lock), {});
  const auto outcome = left.batch.Look(left.directory);
  delivery.sample = outcome.value_or(BatchOutcome{.waiting = lines.count});
  if (delivery.sample.waiting > 0 && !delivery.fault) delivery.fault = WaitsIn(path, delivery);
  if (LostLines(delivery.lines) == 0) delivery.lines.sampled += delivery.sample.dropped;
  return delivery;
}

}  // namespace vmtelem

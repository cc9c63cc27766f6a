#include "cmd/once_delivery.h"

#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "cmd/delivery_report.h"
#include "cmd/log_setup.h"
#include "cmd/spool_setup.h"
#include "influx/influx_sink.h"
#include "spool/enqueue.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kLookInterval = std::chrono::milliseconds(20);

DeliveryOptions MakeOptions(const Context& context) {
  DeliveryOptions options = context.config().delivery;
  // A service may be told to stop without delivering; delivering is what `once` is for.
  if (options.drain_timeout == Nanoseconds::zero()) options.drain_timeout = context.config().influx.timeout;
  return options;
}

// One delivery: what it needs, whatever becomes of the spool.
class SampleDelivery {
 public:
  SampleDelivery(const Context& context, Clock& clock, LoggerPtr log, std::unique_ptr<Sink> sink)
      : context_(context),
        clock_(clock),
        log_(std::move(log)),
        sink_(std::move(sink)),
        options_(MakeOptions(context)) {}

  Delivery FromMemory(Lines lines) { return From(MakeMemorySpool(context_), std::move(lines)); }

  Delivery FromSpool(SpoolLock lock, Lines lines) {
    if (lock.state() == SpoolLock::State::kElsewhere) return HandOver(std::move(lock), std::move(lines));
    if (lock.state() == SpoolLock::State::kHeld) return FromDisk(std::move(lock), std::move(lines));
    context_.log->warn("cannot use the spool, what is not delivered now is lost: {}", lock.reason());
    return FromMemory(std::move(lines));
  }

 private:
  Delivery From(std::unique_ptr<Spool> spool, Lines lines) {
    return DeliverOnce(std::move(lines), {std::move(sink_), std::move(spool)}, options_, clock_, log_);
  }

  // What is wrong with the spool is told even if all is delivered: the next time it may not be.
  Delivery FromDisk(SpoolLock lock, Lines lines) {
    const std::string path = lock.path();
    Delivery delivery = From(MakeDiskSpool(context_, std::move(lock), clock_, context_.log), std::move(lines));
    if (delivery.sample.waiting > 0 && !delivery.fault) delivery.fault = Waiting(delivery, path);
    return delivery;
  }

  static Error Waiting(const Delivery& delivery, const std::string& path) {
    const std::string why =
        delivery.delivered_elsewhere ? "another process has begun to deliver from it" : "the drain time-out has ended";
    return {ErrorCode::kInUse, fmt::format("this sample waits in {}: {}", path, why), {}};
  }

  // Another process delivers from the spool: it gets the lines as well, which are safe there, and is waited for. What
  // becomes of them is in that process's books, and it says so.
  Delivery HandOver(SpoolLock lock, Lines lines) {
    if (lines.empty()) return {};
    const auto left = EnqueueInSpool(lock.root(), lock.target(), Batch(Lines{lines}));
    if (!left) {
      context_.log->warn(left.error().message);
      return FromMemory(std::move(lines));
    }
    const std::string holder = lock.reason();
    const SteadyTime deadline = clock_.SteadyNow() + options_.drain_timeout;
    while (true) {
      if (const auto outcome = left->batch.Look(left->directory)) return Settled(holder, *outcome, lines.count);
      if (lock.Take() == SpoolLock::State::kHeld) return TakeOver(std::move(lock), *left, std::move(lines));
      if (clock_.SteadyNow() >= deadline) return Settled(holder, {.waiting = lines.count}, lines.count);
      std::this_thread::sleep_for(kLookInterval);
    }
  }

  // That process has ended: now this one delivers all that waits. The batch stays watched while it is delivered, since
  // somebody may have removed it before it was found.
  Delivery TakeOver(SpoolLock lock, const EnqueuedBatch& left, Lines lines) {
    const std::string path = lock.path();
    left.batch.Restore(left.directory);
    if (const auto outcome = left.batch.Look(left.directory)) return Settled(path, *outcome, lines.count);
    if (!IsAt(left.directory, path)) return FromDisk(std::move(lock), std::move(lines));  // the spool is another now
    Delivery delivery = FromDisk(std::move(lock), {});
    const auto outcome = left.batch.Look(left.directory);
    delivery.sample = outcome.value_or(BatchOutcome{.waiting = lines.count});
    if (delivery.sample.waiting > 0 && !delivery.fault) delivery.fault = Waiting(delivery, path);
    if (LostLines(delivery.lines) == 0) delivery.lines.sampled += delivery.sample.dropped;
    return delivery;
  }

  static Error StillWaiting(const std::string& where) {
    return {ErrorCode::kInUse, where + ", but has not delivered this sample yet", {}};
  }

  // `holder` is who delivers, and from where.
  Delivery Settled(const std::string& holder, const BatchOutcome& outcome, std::size_t lines) {
    Delivery delivery;
    delivery.sample = outcome;
    delivery.lines.sampled = lines;
    delivery.lines.written = outcome.written;
    delivery.lines.rejected = outcome.rejected;
    delivery.lines.spooled = outcome.waiting;
    if (outcome.rejected > 0) {
      const std::string what = CountOf(outcome.rejected, "line") + " of this sample";
      delivery.fault = Error{ErrorCode::kRefusedData, fmt::format("{}; the database has refused {}", holder, what),
                             "the reasons are beside it, in rejected/"};
    }
    if (outcome.waiting > 0) delivery.fault = StillWaiting(holder);
    if (outcome.dropped > 0)
      context_.messages.Error(fmt::format("{}; this sample is lost: {}", holder, outcome.reason));
    return delivery;
  }

  const Context& context_;
  Clock& clock_;
  const LoggerPtr log_;
  std::unique_ptr<Sink> sink_;
  const DeliveryOptions options_;
};

ExitCode Deliver(const Context& context, std::optional<SpoolLock> lock, Lines lines) {
  SystemClock clock;
  const HeldLog log(context.process, context.config(), context.log);
  auto sink = MakeInfluxSink(context.config().influx, clock, log.logger());
  if (!sink) return Fail(context, sink.error());
  SampleDelivery work(context, clock, log.logger(), std::move(*sink));
  // Then the log holds which batches of the spool are lost, and why.
  const bool tells_losses = lock && lock->state() != SpoolLock::State::kFailed;
  const std::string spool = lock ? lock->path() : "";
  const Delivery delivery =
      lock ? work.FromSpool(std::move(*lock), std::move(lines)) : work.FromMemory(std::move(lines));
  const bool partly = delivery.lines.written > 0 && delivery.lines.written < delivery.lines.sampled;
  const bool tells_more = partly || OlderRejected(delivery) > 0;
  if (tells_more || (tells_losses && LostLines(delivery.lines) > 0)) log.Release();
  return ReportDelivery(context, delivery, spool);
}

}  // namespace

ExitCode DeliverSample(const Context& context, Lines lines) {
  const auto place = FindSpoolPlace(context);
  if (!place) return lines.empty() ? ExitCode::kOk : Deliver(context, std::nullopt, std::move(lines));
  SpoolLock lock(place->root, place->target, SpoolRole::kPassing);
  return Deliver(context, std::move(lock), std::move(lines));
}

}  // namespace vmtelem

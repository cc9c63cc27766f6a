#include "cmd/once_delivery.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "cmd/agent_setup.h"
#include "cmd/log_setup.h"
#include "cmd/spool_setup.h"
#include "influx/influx_sink.h"
#include "ship/leave_in_spool.h"

namespace vmtelem {
namespace {

std::uint64_t LostLines(const LineCounts& counts) {
  return counts.sampled + counts.recovered - counts.written - counts.rejected - counts.spooled;
}

std::string Whereabouts(const LineCounts& counts) {
  return fmt::format("of {} lines {} are written, {} refused, {} kept in the spool, {} lost",
                     counts.sampled + counts.recovered, counts.written, counts.rejected, counts.spooled,
                     LostLines(counts));
}

// The fault with what to do about it.
Error Explained(const Context& context, const Delivery& delivery) {
  const Config& config = context.config();
  Error fault = *delivery.fault;
  if (fault.code == ErrorCode::kDenied && fault.hint.empty()) {
    fault.hint = fmt::format("the token came from {}; may it write to database '{}'?",
                             config.influx.token_origin.empty() ? "nowhere" : config.influx.token_origin,
                             config.influx.database);
  }
  if (delivery.lines.spooled > 0) {
    fault.hint +=
        fmt::format("{}{} kept in {}, for the next 'vmtelem once' or 'vmtelem run' to deliver",
                    fault.hint.empty() ? "" : "; ", CountOf(delivery.lines.spooled, "line"), config.spool_dir);
  }
  return fault;
}

ExitCode Report(const Context& context, const Delivery& delivery) {
  // Where nothing is written, the fault says it all.
  if (delivery.lines.written > 0 || !delivery.fault) context.messages.Error(Whereabouts(delivery.lines));
  return delivery.fault ? Fail(context, Explained(context, delivery)) : ExitCode::kOk;
}

ExitCode Judge(const Context& context, const Delivery& delivery) {
  const LineCounts& counts = delivery.lines;
  const std::uint64_t lost = LostLines(counts);
  const bool nothing_lost = lost + counts.rejected == 0;
  if (nothing_lost && !delivery.fault) return ExitCode::kOk;
  const ExitCode fault = Report(context, delivery);
  if (lost == 0 && counts.spooled > 0 && fault == ExitCode::kUnavailable) return ExitCode::kTryAgain;
  if (nothing_lost) return fault;
  // A database that takes the other lines refuses a part, not the data.
  if (counts.written > 0 && fault == ExitCode::kRefusedData) return ExitCode::kPartial;
  const bool all_refused = counts.rejected == counts.sampled + counts.recovered;
  return MoreTelling(fault, all_refused ? ExitCode::kRefusedData : ExitCode::kPartial);
}

// For the process that delivers from there. All lines, also those that are written: sent twice they change nothing.
void Leave(const Context& context, const SpoolPlace& place, const Batch& batch, Delivery& delivery) {
  const auto left = LeaveInSpool(place.root, place.target, batch);
  if (!left) return context.messages.Error(left.error());
  delivery.lines.spooled += std::exchange(delivery.lines.dropped, 0);
}

AgentOptions MakeOptions(const Context& context) {
  AgentOptions options = MakeAgentOptions(context.config());
  options.writer.drain_stops_on_hold = true;
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

  Delivery Run(Lines lines) {
    const auto place = FindSpoolPlace(context_);
    if (!place) return From(MakeMemorySpool(options_), std::move(lines));
    SpoolLock lock(place->root, place->target);
    if (lock.state() == SpoolLock::State::kHeld) {
      return From(MakeDiskSpool(context_, options_, std::move(lock), clock_, log_), std::move(lines));
    }
    if (lock.state() == SpoolLock::State::kElsewhere) return Beside(*place, std::move(lines));
    context_.log->warn("cannot use the spool, what is not delivered now is lost: {}", lock.reason());
    return From(MakeMemorySpool(options_), std::move(lines));
  }

 private:
  Delivery From(std::unique_ptr<Spool> spool, Lines lines) {
    return DeliverOnce(std::move(lines), {std::move(sink_), std::move(spool)}, options_, clock_, log_);
  }

  // Another process delivers from the spool.
  Delivery Beside(const SpoolPlace& place, Lines lines) {
    const Batch copy(Lines{lines});
    Delivery delivery = From(MakeMemorySpool(options_), std::move(lines));
    if (delivery.lines.dropped > 0) Leave(context_, place, copy, delivery);
    return delivery;
  }

  const Context& context_;
  Clock& clock_;
  const LoggerPtr log_;
  std::unique_ptr<Sink> sink_;
  const AgentOptions options_;
};

}  // namespace

ExitCode DeliverSample(const Context& context, Lines lines) {
  SystemClock clock;
  const HeldLog log(context.process, context.config(), context.log);
  auto sink = MakeInfluxSink(context.config().influx, clock, log.logger());
  if (!sink) return Fail(context, sink.error());
  const Delivery delivery = SampleDelivery(context, clock, log.logger(), std::move(*sink)).Run(std::move(lines));
  const bool partly = delivery.lines.written > 0 && delivery.lines.written < delivery.lines.sampled;
  if (partly) log.Release();
  return Judge(context, delivery);
}

}  // namespace vmtelem

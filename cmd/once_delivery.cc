#include "cmd/once_delivery.h"

#include <filesystem>
#include <thread>
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

constexpr Nanoseconds kLookInterval = std::chrono::milliseconds(20);

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
  // Where all lines have one fate, the fault says it all.
  const bool tells_more = delivery.lines.written + LostLines(delivery.lines) > 0;
  if (tells_more || !delivery.fault) context.messages.Error(Whereabouts(delivery.lines));
  return delivery.fault ? Fail(context, Explained(context, delivery)) : ExitCode::kOk;
}

ExitCode Judge(const Context& context, const Delivery& delivery) {
  const LineCounts& counts = delivery.lines;
  const bool nothing_lost = LostLines(counts) + counts.rejected == 0;
  if (nothing_lost && !delivery.fault) return ExitCode::kOk;
  ExitCode fault = Report(context, delivery);
  if (counts.spooled > 0 && fault == ExitCode::kUnavailable) fault = ExitCode::kTryAgain;
  if (nothing_lost) return fault;
  // A database that takes the other lines refuses a part, not the data.
  if (counts.written > 0 && fault == ExitCode::kRefusedData) return ExitCode::kPartial;
  const bool all_refused = counts.rejected == counts.sampled + counts.recovered;
  return MoreTelling(fault, all_refused ? ExitCode::kRefusedData : ExitCode::kPartial);
}

AgentOptions MakeOptions(const Context& context) {
  AgentOptions options = MakeAgentOptions(context.config());
  options.writer.drain_stops_on_hold = true;
  // A service may be told to stop without delivering; delivering is what `once` is for.
  if (options.drain_timeout == Nanoseconds::zero()) options.drain_timeout = context.config().influx.timeout;
  return options;
}

// A file that cannot be looked at is not gone.
bool IsGone(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::symlink_status(path, ignored).type() == std::filesystem::file_type::not_found;
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

  Delivery FromMemory(Lines lines) { return From(MakeMemorySpool(options_), std::move(lines)); }

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
    return From(MakeDiskSpool(context_, options_, std::move(lock), clock_, context_.log), std::move(lines));
  }

  // Another process delivers from the spool: it gets the lines as well, which are safe there, and is waited for. What
  // becomes of them is in that process's books.
  Delivery HandOver(SpoolLock lock, Lines lines) {
    Delivery delivery;
    if (lines.empty()) return delivery;
    const auto file = LeaveInSpool(lock.root(), lock.target(), Batch(Lines{lines}));
    if (!file) {
      context_.log->warn(file.error().message);
      return FromMemory(std::move(lines));
    }
    const std::string holder = lock.reason();
    const SteadyTime deadline = clock_.SteadyNow() + options_.drain_timeout;
    while (!IsGone(*file)) {
      if (lock.Take() == SpoolLock::State::kHeld) return FromDisk(std::move(lock), {});  // it has ended
      if (clock_.SteadyNow() >= deadline) return StillWaiting(holder, lines);
      std::this_thread::sleep_for(kLookInterval);
    }
    delivery.lines.sampled = delivery.lines.written = lines.count;
    return delivery;
  }

  static Delivery StillWaiting(const std::string& holder, const Lines& lines) {
    Delivery delivery;
    delivery.lines.sampled = delivery.lines.spooled = lines.count;
    delivery.fault = Error{ErrorCode::kInUse, holder + ", but has not delivered this sample yet", {}};
    return delivery;
  }

  const Context& context_;
  Clock& clock_;
  const LoggerPtr log_;
  std::unique_ptr<Sink> sink_;
  const AgentOptions options_;
};

ExitCode Deliver(const Context& context, std::optional<SpoolLock> lock, Lines lines) {
  SystemClock clock;
  const HeldLog log(context.process, context.config(), context.log);
  auto sink = MakeInfluxSink(context.config().influx, clock, log.logger());
  if (!sink) return Fail(context, sink.error());
  SampleDelivery work(context, clock, log.logger(), std::move(*sink));
  // Then the log holds which batches of the spool are lost, and why.
  const bool tells_losses = lock && lock->state() != SpoolLock::State::kFailed;
  const Delivery delivery =
      lock ? work.FromSpool(std::move(*lock), std::move(lines)) : work.FromMemory(std::move(lines));
  const bool partly = delivery.lines.written > 0 && delivery.lines.written < delivery.lines.sampled;
  if (partly || (tells_losses && LostLines(delivery.lines) > 0)) log.Release();
  return Judge(context, delivery);
}

}  // namespace

ExitCode DeliverSample(const Context& context, Lines lines) {
  const auto place = FindSpoolPlace(context);
  if (!place) return lines.empty() ? ExitCode::kOk : Deliver(context, std::nullopt, std::move(lines));
  SpoolLock lock(place->root, place->target, SpoolRole::kPassing);
  ExitCode adopted = ExitCode::kOk;
  if (context.arguments.Has("--spool-adopt") && lock.state() == SpoolLock::State::kElsewhere) {
    adopted = Fail(context, {ErrorCode::kInUse, "--spool-adopt: adopts nothing: " + lock.reason(),
                             "stop that process, or give it the flag"});
  }
  return MoreTelling(adopted, Deliver(context, std::move(lock), std::move(lines)));
}

}  // namespace vmtelem

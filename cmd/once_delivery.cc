#include "cmd/once_delivery.h"

#include <optional>
#include <utility>

#include "agent/sample_delivery.h"
#include "cmd/delivery_report.h"
#include "cmd/log_setup.h"
#include "cmd/spool_place.h"
#include "influx/influx_sink.h"

namespace vmtelem {
namespace {

DeliveryOptions MakeOptions(const Config& config) {
  DeliveryOptions options = config.delivery;
  // A service may be told to stop without delivering; delivering is what `once` is for.
  if (options.drain_timeout == Nanoseconds::zero()) options.drain_timeout = config.influx.timeout;
  return options;
}

ExitCode Deliver(const Context& context, std::optional<SpoolLock> lock, Lines lines) {
  SystemClock clock;
  const HeldLog log(context.process, context.config(), context.log);
  auto sink = MakeInfluxSink(context.config().influx, clock, log.logger());
  if (!sink) return ReportFailure(context, sink.error());
  const DeliveryOptions options = MakeOptions(context.config());
  SampleDelivery work(options, {clock, log.logger(), context.log, std::move(*sink)});
  // Then the log holds which batches of the spool are lost, and why.
  const bool names_losses = lock && lock->state() != SpoolLock::State::kFailed;
  const std::string spool = lock ? lock->path() : "";
  const Delivery delivery =
      lock ? work.FromSpool(std::move(*lock), std::move(lines)) : work.FromMemory(std::move(lines));
  const bool partly = delivery.lines.written > 0 && delivery.lines.written < delivery.lines.sampled;
  const bool says_more = partly || OlderRejected(delivery) > 0;
  if (says_more || (names_losses && LostLines(delivery.lines) > 0)) log.Release();
  return ReportDelivery(context, delivery, spool);
}

}  // namespace

ExitCode DeliverSample(const Context& context, Lines lines) {
  auto lock = LockSpool(context, SpoolRole::kPassing);
  if (!lock && lines.empty()) return ExitCode::kOk;
  return Deliver(context, std::move(lock), std::move(lines));
}

}  // namespace vmtelem

#include <algorithm>

#include <fmt/format.h>

#include "agent/agent.h"
#include "agent/monitor_watch.h"
#include "agent/sample.h"
#include "base/parse.h"
#include "cmd/agent_setup.h"
#include "cmd/command.h"
#include "cmd/log_setup.h"
#include "cmd/named_vms.h"
#include "cmd/output.h"
#include "cmd/version.h"
#include "encode/text_encoders.h"
#include "influx/influx_sink.h"
#include "libvirt/libvirt_source.h"
#include "ship/memory_spool.h"

namespace vmtelem {
namespace {

// The lines of one sample, as every database takes them.
Lines InfluxLines(const Context& context, Sample& sample, const EncodeOptions& options) {
  InfluxEncoder encoder(options, context.log);
  Lines lines;
  SystemClock clock;
  const SteadyTime begin = clock.SteadyNow();
  encoder.AppendDomains(sample.snapshot, sample.derived, lines);
  sample.timings.encode = clock.SteadyNow() - begin;
  encoder.AppendHost(sample.snapshot, sample.timings, lines);
  return lines;
}

std::string Encode(const Context& context, Sample& sample) {
  const std::string format = context.arguments.Last("--format").value_or("influx");
  const EncodeOptions options = MakeAgentOptions(context.config()).encode;
  if (format == "prometheus") return PrometheusText(sample.snapshot, sample.derived, ThisBuild());
  if (format == "json") return JsonLines(sample.snapshot, sample.derived, sample.timings, options);
  return InfluxLines(context, sample, options).bytes;
}

ExitCode PrintSample(const Context& context, Sample& sample) {
  const std::string text = Encode(context, sample);
  const auto file = context.arguments.Last("--output");
  if (!file) return Print(context, text);
  const auto replaced = ReplaceFile(*file, text);
  return replaced ? ExitCode::kOk : Fail(context, replaced.error());
}

ExitCode ReportFault(const Context& context, vmtelem::Error fault) {
  const InfluxTarget& target = context.config().influx;
  if (fault.code == ErrorCode::kDenied && fault.hint.empty()) {
    fault.hint = fmt::format("the token came from {}; may it write to database '{}'?",
                             target.token_origin.empty() ? "nowhere" : target.token_origin, target.database);
  }
  return Fail(context, fault);
}

ExitCode JudgeDelivery(const Context& context, const Delivery& delivery) {
  const LineCounts& counts = delivery.lines;
  const bool all_written = counts.written == counts.sampled;
  // Where nothing is written, the fault says it all.
  if (!all_written && (counts.written > 0 || !delivery.fault)) {
    context.messages.Error(fmt::format("of {} lines {} are written, {} refused, {} lost", counts.sampled,
                                       counts.written, counts.rejected,
                                       counts.sampled - counts.written - counts.rejected));
  }
  const ExitCode fault = delivery.fault ? ReportFault(context, *delivery.fault) : ExitCode::kOk;
  if (all_written) return fault;
  // A database that takes the other lines refuses a part, not the data.
  if (counts.written > 0 && fault == ExitCode::kRefusedData) return ExitCode::kPartial;
  return MoreTelling(fault, counts.rejected == counts.sampled ? ExitCode::kRefusedData : ExitCode::kPartial);
}

ExitCode Deliver(const Context& context, Sample& sample) {
  SystemClock clock;
  AgentOptions options = MakeAgentOptions(context.config());
  options.writer.drain_stops_on_hold = true;
  // A service may be told to stop without delivering; delivering is what `once` is for.
  if (options.drain_timeout == Nanoseconds::zero()) options.drain_timeout = context.config().influx.timeout;
  const HeldLog log(context.process, context.config(), context.log);
  auto sink = MakeInfluxSink(context.config().influx, clock, log.logger());
  if (!sink) return Fail(context, sink.error());
  auto spool = std::make_unique<MemorySpool>(SpoolMemoryBytes(options.queue_max_bytes));
  Lines lines = InfluxLines(context, sample, options.encode);
  const Delivery delivery =
      DeliverOnce(std::move(lines), {std::move(*sink), std::move(spool)}, options, clock, log.logger());
  const bool partly = delivery.lines.written > 0 && delivery.lines.written < delivery.lines.sampled;
  if (partly) log.Release();
  return JudgeDelivery(context, delivery);
}

ExitCode ReportProblems(const Context& context, const Snapshot& snapshot) {
  for (const vmtelem::Error& problem : snapshot.problems) context.messages.Error(problem);
  for (const DomainStats& domain : snapshot.domains) {
    if (domain.monitor_ok == false) context.messages.Error(DescribeHungVm(domain));
  }
  const auto missing = NamesWithoutVm(context.config().collect.filter, NamesOf(snapshot.domains));
  for (const std::string& name : missing) {
    context.messages.Error(DescribeMissingVm(context.config().collect.filter, name) + " is running");
  }
  const bool is_complete = snapshot.problems.empty() && CountHungVms(snapshot) == 0 && missing.empty();
  return is_complete ? ExitCode::kOk : ExitCode::kPartial;
}

ExitCode SampleOnce(const Context& context, Source& source, Clock& clock) {
  const Nanoseconds window = ParseDuration(context.arguments.Last("--window").value_or("0")).value_or(Nanoseconds{});
  auto sample = TakeSample(source, clock, window);
  if (!sample) return Fail(context, sample.error());
  const ExitCode read = ReportProblems(context, sample->snapshot);
  const bool prints = context.arguments.Has("--stdout") || context.arguments.Has("--output");
  const ExitCode given = prints ? PrintSample(context, *sample) : Deliver(context, *sample);
  return MoreTelling(read, given);
}

}  // namespace

Outcome RunOnce(const Context& context) {
  SystemClock clock;
  const auto source = MakeLibvirtSource(context.config().collect, clock, context.log);
  const ExitCode code = SampleOnce(context, *source, clock);
  return {code, source->Close() > 0};
}

}  // namespace vmtelem

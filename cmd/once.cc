#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "agent/hung_vm_log.h"
#include "agent/sample_cycle.h"
#include "base/parse.h"
#include "cmd/command.h"
#include "cmd/once_delivery.h"
#include "cmd/terminal/output.h"
#include "cmd/version.h"
#include "encode/text_encoders.h"
#include "libvirt/libvirt_source.h"
#include "libvirt/named_vms.h"

namespace vmtelem {
namespace {

std::string Encode(const Context& context, SampleCycle& sample) {
  const std::string format = context.arguments.Last("--format").value_or("influx");
  if (format == "prometheus") return PrometheusText(std::vector<const Snapshot*>{&sample.snapshot()}, ThisBuild());
  if (format == "json") {
    return JsonLines(sample.snapshot(), sample.derived(), sample.timings(), context.config().encode);
  }
  return sample.Encode().bytes;
}

ExitCode PrintSample(const Context& context, SampleCycle& sample) {
  const std::string text = Encode(context, sample);
  const auto file = context.arguments.Last("--output");
  if (!file) return PrintData(context, text);
  const auto replaced = ReplaceFile(*file, text);
  return replaced ? ExitCode::kOk : ReportFailure(context, replaced.error());
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
  const bool prints = context.arguments.Has("--stdout") || context.arguments.Has("--output");
  SampleCycle sample(source, clock, context.config().encode, context.log);
  if (const auto taken = sample.Take(window); !taken) {
    const ExitCode fault = ReportFailure(context, taken.error());
    return prints ? fault : MoreTelling(fault, DeliverSample(context, {}));  // what waits in the spool
  }
  const ExitCode read = ReportProblems(context, sample.snapshot());
  const ExitCode given = prints ? PrintSample(context, sample) : DeliverSample(context, sample.Encode());
  return MoreTelling(read, given);
}

}  // namespace

Outcome RunOnce(const Context& context) {
  SystemClock clock;
  const auto source = MakeLibvirtSource(context.config().hypervisors.front(), context.config().collect, clock,
                                        context.log, context.bounds);
  const ExitCode code = SampleOnce(context, *source, clock);
  return {code, source->Close() > 0};
}

}  // namespace vmtelem

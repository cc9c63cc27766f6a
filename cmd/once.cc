#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agent/hung_vm_log.h"
#include "base/parse.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/hosts.h"
#include "cmd/once_delivery.h"
#include "cmd/once_metrics.h"
#include "cmd/once_sample.h"
#include "cmd/terminal/output.h"
#include "libvirt/named_vms.h"

namespace vmtelem {
namespace {

std::string Format(const Context& context) { return context.arguments.Last("--format").value_or("influx"); }

std::string Encode(const Context& context, OnceSample& sample) {
  const std::string format = Format(context);
  if (format == "prometheus") return MetricsOfSample(sample.snapshots(), context.arguments.Last("--output"));
  return format == "json" ? sample.Json() : sample.Encode().bytes;
}

ExitCode PrintSample(const Context& context, OnceSample& sample) {
  const std::string text = Encode(context, sample);
  const auto file = context.arguments.Last("--output");
  if (!file) return PrintData(context, text);
  const auto replaced = ReplaceFile(*file, text);
  return replaced ? ExitCode::kOk : ReportFailure(context, replaced.error());
}

// What is missing of the VMs of one hypervisor.
std::vector<Error> ProblemsOf(const Snapshot& snapshot) {
  std::vector<Error> problems = snapshot.problems;
  for (const DomainStats& domain : snapshot.domains) {
    if (domain.monitor_ok == false) problems.push_back({ErrorCode::kTimeout, DescribeHungVm(domain), {}});
  }
  return problems;
}

ExitCode ReportProblems(const Context& context, const OnceSample& sample) {
  constexpr std::size_t kReported = 20;
  const auto snapshots = sample.snapshots();
  std::size_t count = 0;
  for (const Snapshot* snapshot : snapshots) {
    if (!snapshot->up) continue;
    for (vmtelem::Error& problem : ProblemsOf(*snapshot)) {
      if (++count > kReported) continue;
      if (snapshots.size() > 1) problem.message = fmt::format("{}: {}", snapshot->host, problem.message);
      context.messages.Error(problem);
    }
  }
  if (count > kReported) context.messages.Error(fmt::format("and {}", CountOf(count - kReported, "more problem")));
  return count == 0 ? ExitCode::kOk : ExitCode::kPartial;
}

ExitCode ReportMissingVms(const Context& context, const OnceSample& sample) {
  std::vector<VmName> found;
  for (const Snapshot* snapshot : sample.snapshots()) {
    const auto names = NamesOf(snapshot->domains);
    found.insert(found.end(), names.begin(), names.end());
  }
  const auto missing = MissingVmNames(context, sample.faults(), found);
  for (const std::string& name : missing) {
    context.messages.Error(DescribeMissingVm(context.config().collect.filter, name) + " is running");
  }
  return missing.empty() ? ExitCode::kOk : ExitCode::kPartial;
}

ExitCode Report(const Context& context, const OnceSample& sample) {
  const ExitCode read = ReportHostFaults(context, sample.faults());
  return MoreTelling(read, MoreTelling(ReportProblems(context, sample), ReportMissingVms(context, sample)));
}

// A sample without an answer has nothing to store; but what a scraper reads must not stay as it was.
ExitCode Give(const Context& context, OnceSample& sample) {
  const bool prints = context.arguments.Has("--stdout") || context.arguments.Has("--output");
  const bool is_sample = sample.anybody_answered() || Format(context) == "prometheus";
  if (prints) return is_sample ? PrintSample(context, sample) : ExitCode::kOk;
  return DeliverSample(context, is_sample ? sample.Encode() : Lines{});  // and what waits in the spool
}

}  // namespace

Outcome RunOnce(const Context& context) {
  SystemClock clock;
  const auto hosts = MakeHosts(context, clock);
  OnceSample sample(*hosts, clock, context.config().encode, context.log);
  sample.Take(ParseDuration(context.arguments.Last("--window").value_or("0")).value_or(Nanoseconds{}));
  const ExitCode read = Report(context, sample);
  return {MoreTelling(read, Give(context, sample)), hosts->unreturned_calls() > 0};
}

}  // namespace vmtelem

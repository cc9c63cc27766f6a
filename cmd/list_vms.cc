#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "cmd/command.h"
#include "cmd/hosts.h"
#include "cmd/terminal/display_text.h"
#include "cmd/terminal/table.h"
#include "cmd/terminal/terminal.h"
#include "libvirt/named_vms.h"

namespace vmtelem {
namespace {

using Domains = std::vector<DomainInfo>;
using Json = nlohmann::ordered_json;

constexpr std::string_view kUnknown = "-";

std::string MemoryText(const Counter& bytes) { return bytes ? RoughSize(*bytes) : std::string(kUnknown); }

std::string CpuTimeText(const Counter& nanoseconds) {
  if (!nanoseconds) return std::string(kUnknown);
  const std::uint64_t s = *nanoseconds / 1'000'000'000;
  const std::string clock = fmt::format("{:02}:{:02}:{:02}", s / 3600 % 24, s / 60 % 60, s % 60);
  return s < 86400 ? clock : fmt::format("{}d{}", s / 86400, clock);
}

template <class T>
std::string NumberText(const std::optional<T>& number) {
  return number ? fmt::format("{}", *number) : std::string(kUnknown);
}

Style StyleOf(std::string_view state) {
  if (state == "running") return Style::kGreen;
  if (state == "crashed") return Style::kRed;
  return state == "shutoff" ? Style::kDim : Style::kYellow;
}

// Whether a table says on which host a VM is.
enum class HostColumn { kWithout, kWith };

std::string Table(const Domains& domains, HostColumn host, TableLook look) {
  std::vector<Column> columns{{"NAME"},
                              {"STATE"},
                              {"VCPUS", Align::kRight},
                              {"MEMORY", Align::kRight},
                              {"MAXMEM", Align::kRight},
                              {"CPU-TIME", Align::kRight},
                              {"ID", Align::kRight}};
  if (host == HostColumn::kWith) columns.insert(columns.begin(), {"HOST"});
  std::vector<std::vector<Cell>> rows;
  for (const DomainInfo& domain : domains) {
    const std::string state(DomainStateName(domain.state));
    const bool runs = domain.id.has_value();  // else libvirt's numbers are those of a VM that is not there
    rows.push_back({{domain.name},
                    {state, StyleOf(state)},
                    {NumberText(domain.vcpus)},
                    {runs ? MemoryText(domain.memory_bytes) : std::string(kUnknown)},
                    {MemoryText(domain.memory_max_bytes)},
                    {runs ? CpuTimeText(domain.cpu_time_ns) : std::string(kUnknown)},
                    {NumberText(domain.id)}});
    if (host == HostColumn::kWith) rows.back().insert(rows.back().begin(), {domain.host});
  }
  return FormatTable(columns, std::move(rows), look);
}

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

std::string JsonText(const Domains& domains) {
  Json vms = Json::array();
  for (const DomainInfo& domain : domains) {
    vms.push_back({{"host", domain.host},
                   {"id", OrNull(domain.id)},
                   {"name", domain.name},
                   {"uuid", domain.uuid},
                   {"state", DomainStateName(domain.state)},
                   {"vcpus", OrNull(domain.vcpus)},
                   {"memory_max_bytes", OrNull(domain.memory_max_bytes)},
                   {"memory_bytes", OrNull(domain.memory_bytes)},
                   {"cpu_time_ns", OrNull(domain.cpu_time_ns)}});
  }
  const Json list{{"count", domains.size()}, {"vms", std::move(vms)}};
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// RFC 4180, but with plain line ends.
std::string CsvField(std::string_view text) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char byte : text) quoted += byte == '"' ? std::string("\"\"") : std::string(1, byte);
  return quoted + '"';
}

template <class T>
std::string CsvNumber(const std::optional<T>& number) {
  return number ? fmt::format("{}", *number) : "";
}

std::string CsvText(const Domains& domains, bool headers) {
  std::string text = headers ? "host,id,name,uuid,state,vcpus,memory_max_bytes,memory_bytes,cpu_time_ns\n" : "";
  for (const DomainInfo& domain : domains) {
    text += fmt::format("{},{},{},{},{},{},{},{},{}\n", CsvField(RepairUtf8(domain.host)), CsvNumber(domain.id),
                        CsvField(RepairUtf8(domain.name)), domain.uuid, DomainStateName(domain.state),
                        CsvNumber(domain.vcpus), CsvNumber(domain.memory_max_bytes), CsvNumber(domain.memory_bytes),
                        CsvNumber(domain.cpu_time_ns));
  }
  return text;
}

std::string NamesText(const Domains& domains) {
  std::string text;
  for (const DomainInfo& domain : domains) text += domain.name + '\n';
  return text;
}

ExitCode PrintList(const Context& context, const Domains& domains) {
  const Process& process = context.process;
  const std::string format = context.arguments.Last("--format").value_or("table");
  const bool headers = !context.arguments.Has("--no-headers");
  if (format == "json") return PrintData(context, JsonText(domains));
  if (format == "csv") return PrintData(context, CsvText(domains, headers));
  if (format == "name") return PrintData(context, NamesText(domains));
  const bool color = WantsColor(process.stdout_fd, context.config().color, process.environment);
  const bool is_one_host = context.config().hypervisors.size() < 2;
  return Print(context, Table(domains, is_one_host ? HostColumn::kWithout : HostColumn::kWith, {headers, color}));
}

// What all hypervisors gave, in the order given, of each by name.
struct Listing {
  Domains domains;
  std::vector<HostFault> faults;
};

Listing ListAll(HostCalls& hosts, ListScope scope) {
  std::vector<Result<Domains>> lists(hosts.size());
  hosts.Ask([&](std::size_t i) { lists[i] = hosts.source(i).List(scope); });
  Listing all;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (!lists[i]) all.faults.push_back({hosts.tag(i), lists[i].error()});
    for (DomainInfo& domain : lists[i].value_or(Domains())) {
      domain.host = hosts.tag(i);
      all.domains.push_back(std::move(domain));
    }
  }
  return all;
}

ExitCode ReportMissing(const Context& context, const Listing& listing, ListScope scope) {
  const auto missing = MissingVmNames(context, listing.faults, NamesOf(listing.domains));
  const bool all = scope == ListScope::kAll;
  for (const std::string& name : missing) {
    context.messages.Error(DescribeMissingVm(context.config().collect.filter, name) + (all ? "" : " is running"));
  }
  if (!missing.empty() && !all) context.messages.Hint("'--all' also lists the VMs that are shut off");
  return missing.empty() ? ExitCode::kOk : ExitCode::kPartial;
}

}  // namespace

Outcome RunListVms(const Context& context) {
  SystemClock clock;
  const auto hosts = MakeHosts(context, clock);
  const ListScope scope = context.arguments.Has("--all") ? ListScope::kAll : ListScope::kActive;
  const Listing listing = ListAll(*hosts, scope);
  const bool nobody_answered = hosts->size() > 0 && listing.faults.size() == hosts->size();
  const ExitCode printed = nobody_answered ? ExitCode::kOk : PrintList(context, listing.domains);
  const ExitCode read = MoreTelling(ReportHostFaults(context, listing.faults), ReportMissing(context, listing, scope));
  return {MoreTelling(printed, read), hosts->unreturned_calls() > 0};
}

}  // namespace vmtelem

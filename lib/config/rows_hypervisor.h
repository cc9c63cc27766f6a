#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "config/parsers.h"
#include "config/settings.h"

// Rows of the table, which settings.cc puts together. Included there only.
namespace vmtelem {

template <auto Member>
Problem CollectDuration(const Setting& row, std::string_view text, Config& config) {
  return ParseDurationWithin(row.allowed, text, config.collect.*Member);
}

template <auto Member>
Problem CollectCount(const Setting& row, std::string_view text, Config& config) {
  return ParseCountWithin(row.allowed, text, config.collect.*Member);
}

// A word or a count.
inline Problem ParseLanes(const Setting& row, std::string_view text, Config& config) {
  const auto range = UnlessWord(row.allowed, text);
  if (range) return ParseCountWithin(*range, text, config.collect.lanes);
  config.collect.lanes = 0;
  return std::nullopt;
}

inline constexpr Setting kHypervisorRows[] = {
    {.variable = "LIBVIRT_URI",
     .flag = "--connect",
     .short_flag = 'c',
     .value_name = "URI",
     .example = "qemu:///system or qemu+ssh://user@host/system",
     .secrecy = Secrecy::kUrl,
     .needed_for = kNeedsHypervisor,
     .separator = ' ',
     .alias = "LIBVIRT_DEFAULT_URI",
     .alias_yields_to = "CONNECT_FILE",
     .help = "Hypervisor, or NAME=URI (repeatable)",
     // FindHypervisors() reads it together with CONNECT_FILE, and says what is wrong with each of them.
     .parse = [](const Setting&, std::string_view, Config&) -> Problem { return std::nullopt; }},
    {.variable = "CONNECT_FILE",
     .flag = "--connect-file",
     .value_name = "FILE",
     .help = "More hypervisors, one a line",
     .parse = [](const Setting&, std::string_view text,
                 Config& config) { return ParseText(text, config.connect_file); }},
    {.variable = "SHARD",
     .flag = "--shard",
     .value_name = "I/N",
     .default_text = "1/1",
     .allowed = "I/N with 1 <= I <= N <= 1000",
     .help = "Which of N parts of the hypervisors this process takes",
     .parse = [](const Setting&, std::string_view text, Config& config) { return ParseShard(text, config.shard); }},
    {.variable = "VM_INCLUDE",
     .flag = "--vm",
     .value_name = "PATTERN",
     .separator = ',',
     .help = "Only VMs with this name, UUID or glob (repeatable)",
     .parse = [](const Setting&, std::string_view text, Config& config) -> Problem {
       config.collect.filter.include = SplitList(text);
       return std::nullopt;
     }},
    {.variable = "VM_EXCLUDE",
     .flag = "--exclude-vm",
     .value_name = "PATTERN",
     .separator = ',',
     .help = "Not VMs with this name, UUID or glob (repeatable)",
     .parse = [](const Setting&, std::string_view text, Config& config) -> Problem {
       config.collect.filter.exclude = SplitList(text);
       return std::nullopt;
     }},
    {.variable = "LIBVIRT_TIMEOUT",
     .flag = "--timeout",
     .value_name = "DUR",
     .default_text = "30s",
     .allowed = "0.1s to 1h",
     .help = "Upper bound of a libvirt call's deadline",
     .parse = CollectDuration<&CollectOptions::timeout>},
    {.variable = "LANES",
     .flag = "--lanes",
     .value_name = "N",
     .default_text = "adaptive",
     .allowed = "adaptive, 1 to 16",
     .commands = kRun | kOnce | kShowConfig,
     .help = "Calls for statistics in parallel; adaptive: by VMs and cores",
     .parse = ParseLanes},
    {.variable = "LANES_PARKED_MAX",
     .flag = "--lanes-parked-max",
     .value_name = "N",
     .default_text = "8",
     .allowed = "1 to 16",
     .commands = kRun | kOnce | kShowConfig,
     .help = "Blocked calls that are left behind at most",
     .parse = CollectCount<&CollectOptions::lanes_parked_max>},
    {.variable = "STATS_GROUPS",
     .flag = "--groups",
     .value_name = "LIST",
     .default_text = "state,cpu,balloon,vcpu,interface,block",
     .commands = kRun | kOnce | kShowConfig,
     .help = "Groups of statistics to ask for, separated by commas",
     .parse = [](const Setting&, std::string_view text,
                 Config& config) { return ParseStatsGroups(text, config.collect.groups); }},
    {.variable = "PER_VCPU",
     .flag = "--per-vcpu",
     .default_text = "off",
     .commands = kRun | kOnce | kShowConfig,
     .help = "Also write a vm_vcpu line for each vCPU",
     .parse = [](const Setting&, std::string_view text,
                 Config& config) { return ParseSwitch(text, config.encode.per_vcpu); }},
    {.variable = "DEVICE_CACHE_TTL",
     .flag = "--device-cache-ttl",
     .value_name = "DUR",
     .default_text = "5m",
     .allowed = "1s to 1d",
     .commands = kRun | kOnce | kShowConfig,
     .help = "How long device details out of the domain XML are kept",
     .parse = CollectDuration<&CollectOptions::device_cache_ttl>},
};

}  // namespace vmtelem

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/parsers.h"
#include "config/settings.h"

// Rows of the table in settings.h, in a file of their own for their length only. For settings.cc.
namespace vmtelem {

template <auto Member>
Problem CollectDuration(const Setting& row, std::string_view text, Config& config) {
  return ParseDurationWithin(row.allowed, text, config.collect.*Member);
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
     .help = "Hypervisor",
     .parse = [](const Setting&, std::string_view text,
                 Config& config) { return ParseHypervisor(text, config.collect.hypervisor); }},
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
     .help = "Limit of one libvirt call",
     .parse = CollectDuration<&CollectOptions::timeout>},
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
                 Config& config) { return ParseSwitch(text, config.collect.per_vcpu); }},
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

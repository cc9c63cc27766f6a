#include "cmd/command_table.h"

#include <algorithm>

namespace vmtelem {
namespace {

constexpr OptionInfo kOptions[] = {
    {.flag = "--stdout",
     .commands = kRun | kOnce,
     .help = "Print to stdout instead of delivering; needs no INFLUX_ settings"},
    {.flag = "--no-spool", .commands = kRun | kOnce, .help = "Keep what waits in memory only"},
    {.flag = "--format",
     .value_name = "FORMAT",
     .allowed = "influx, json, prometheus",
     .default_text = "influx",
     .commands = kOnce,
     .help = "influx, json or prometheus"},
    {.flag = "--window",
     .value_name = "DUR",
     .allowed = "0.1s to 1h",
     .commands = kOnce,
     .help = "Take two samples so far apart and give the second, with rates"},
    {.flag = "--output",
     .short_flag = 'o',
     .value_name = "FILE",
     .commands = kOnce,
     .help = "Replace FILE with the sample, atomically, instead of delivering"},
    {.flag = "--all", .commands = kListVms, .help = "Also VMs that are shut off"},
    {.flag = "--format",
     .value_name = "FORMAT",
     .allowed = "table, json, csv, name",
     .default_text = "table",
     .commands = kListVms,
     .help = "table, json, csv or name"},
    {.flag = "--no-headers", .commands = kListVms, .help = "No line of titles in table and csv"},
    {.flag = "--format",
     .value_name = "FORMAT",
     .allowed = "table, env, json",
     .default_text = "table",
     .commands = kShowConfig,
     .help = "table, env or json"},
    {.flag = "--show-urls",
     .commands = kShowConfig,
     .help = "Show the URLs, with user and password masked; the token is never shown"},
    {.flag = "--check", .commands = kShowConfig, .help = "Print only what is wrong; exit status 0 or 78"},
    {.flag = "--stdout", .commands = kShowConfig, .help = "Check for 'run --stdout', which needs no INFLUX_ settings"},
    {.flag = "--env-file",
     .value_name = "FILE",
     .is_common = true,
     .help = "Read settings from FILE (KEY=VALUE lines)"},
    {.flag = "--verbose", .short_flag = 'v', .is_common = true, .help = "More messages (repeatable)"},
    {.flag = "--quiet", .short_flag = 'q', .is_common = true, .help = "Only errors"},
    {.flag = "--help", .short_flag = 'h', .is_common = true, .help = "Print help"},
    {.flag = "--version", .short_flag = 'V', .is_common = true, .help = "Print version and library versions"},
};

}  // namespace

const std::vector<CommandInfo>& CommandInfos() {
  static const std::vector<CommandInfo> infos{
      {kRun,
       "run",
       "Collect at an interval and deliver until stopped",
       "vmtelem run [OPTIONS]",
       {"vmtelem run --env-file /etc/default/vmtelem", "vmtelem run --interval 10s --vm 'web*'",
        "vmtelem run --stdout -c test:///default"}},
      {kOnce,
       "once",
       "Collect one sample, deliver or print it, exit",
       "vmtelem once [OPTIONS]",
       {"vmtelem once --env-file /etc/default/vmtelem", "vmtelem once --stdout --window 1s | grep vm_features",
        "vmtelem once --format prometheus -o /run/node/vmtelem.prom"}},
      {kListVms,
       "list-vms",
       "List the VMs of the hypervisors",
       "vmtelem list-vms [OPTIONS]",
       {"vmtelem list-vms -c qemu:///system --all", "vmtelem list-vms --format json | jq '.vms[].name'"}},
      {kShowConfig,
       "show-config",
       "Print the effective settings, secrets masked",
       "vmtelem show-config [OPTIONS]",
       {"vmtelem show-config --env-file /etc/default/vmtelem", "vmtelem show-config --check"}},
  };
  return infos;
}

std::span<const OptionInfo> OptionInfos() { return kOptions; }

const CommandInfo* FindCommand(std::string_view name) {
  const auto& infos = CommandInfos();
  const auto found =
      std::find_if(infos.begin(), infos.end(), [&](const CommandInfo& info) { return info.name == name; });
  return found == infos.end() ? nullptr : &*found;
}

const CommandInfo& InfoOf(Command command) {
  const auto& infos = CommandInfos();
  return *std::find_if(infos.begin(), infos.end(), [&](const CommandInfo& info) { return info.command == command; });
}

const OptionInfo* FindOption(std::string_view flag, Commands command) {
  const auto* const found = std::find_if(std::begin(kOptions), std::end(kOptions), [&](const OptionInfo& option) {
    return option.flag == flag && (option.commands & command) != 0;
  });
  return found == std::end(kOptions) ? nullptr : found;
}

}  // namespace vmtelem

#include "cmd/app.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/visible_text.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/command_table.h"
#include "cmd/help.h"
#include "cmd/log_setup.h"
#include "cmd/process_limits.h"
#include "cmd/terminal/messages.h"
#include "cmd/terminal/output.h"
#include "cmd/terminal/terminal.h"
#include "cmd/version.h"
#include "config/parsers.h"

namespace vmtelem {
namespace {

// A descriptor that is closed would be taken by the next file or socket, which would then get our output. Reading is
// the wrong direction for 1 and 2 on purpose: writing there must fail as it does on a closed descriptor.
void HoldStandardDescriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    const int opened = ::open("/dev/null", O_RDONLY);  // the lowest number that is free, which is fd
    if (opened > fd) ::close(opened);
  }
}

// SSLKEYLOGFILE makes TLS libraries write session keys to a file. SSH_ASKPASS and DISPLAY let the ssh of a qemu+ssh://
// connection ask for a password in a window, where nobody may be.
void ForgetHarmfulVariables() {
  for (const char* name : {"SSLKEYLOGFILE", "SSH_ASKPASS", "DISPLAY"}) ::unsetenv(name);
}

// libvirt's own log writes warnings to stderr, such as that the hostname has no address, which would break the silence
// that cron relies on. Whoever sets the variable wants to see them.
void QuietLibvirtLog() { ::setenv("LIBVIRT_DEBUG", "error", 0); }

std::optional<std::string> ReadEnvironment(std::string_view name) {
  const char* value = ::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

bool Prints(const Arguments& arguments) { return arguments.Has("--stdout") || arguments.Has("--output"); }

// -v and -q are steps from the level that the command prefers.
void AddVerbosity(Arguments& arguments) {
  constexpr std::string_view kLevels[] = {"warn", "info", "debug", "trace"};
  const Setting* level = FindSettingByVariable("LOG_LEVEL");
  if (arguments.Has("--quiet")) arguments.settings.push_back({level, "error", "--quiet"});
  if (!arguments.Has("--verbose")) return;
  const std::size_t base = arguments.command == kRun ? 1 : 0;
  const std::size_t step = std::min(base + arguments.Count("--verbose"), std::size(kLevels) - 1);
  arguments.settings.push_back({level, std::string(kLevels[step]), "--verbose"});
}

ConfigInput InputOf(const Process& process, Arguments& arguments) {
  AddVerbosity(arguments);
  ConfigInput input{.flags = arguments.settings, .environment = process.environment, .is_root = process.is_root};
  const auto files = arguments.options.find("--env-file");
  if (files != arguments.options.end()) input.env_files = files->second;
  input.needs_hypervisor = true;
  input.needs_database = arguments.command != kListVms && !Prints(arguments);
  input.may_listen = arguments.command && (*arguments.command & (kRun | kShowConfig)) != 0;
  return input;
}

// The values of options that are not settings, held to their own table.
std::vector<Fault> JudgeOptionValues(const Arguments& arguments) {
  std::vector<Fault> faults;
  for (const auto& [flag, values] : arguments.options) {
    const OptionInfo& option = *FindOption(flag, *arguments.command);
    std::size_t index = 0;
    Nanoseconds duration{};
    Problem problem;
    if (option.value_name == "FORMAT") problem = ParseWordOf(option.allowed, values.back(), index);
    if (option.value_name == "DUR") problem = ParseDurationWithin(option.allowed, values.back(), duration);
    if (!problem) continue;
    faults.push_back(
        {.text = DescribeBadValue({flag, values.back(), *problem, option.allowed, ""}), .from_argument = true});
  }
  const bool uploads = arguments.command == kOnce && !Prints(arguments);
  if (faults.empty() && uploads && arguments.Last("--format").value_or("influx") != "influx") {
    faults.push_back(
        {.text = "--format: a database takes 'influx' only; add --stdout or --output FILE", .from_argument = true});
  }
  return faults;
}

std::string HintFor(const Arguments& arguments, const std::vector<Fault>& faults) {
  const bool database = std::any_of(faults.begin(), faults.end(), [](const Fault& f) { return f.concerns_database; });
  const bool usage = std::all_of(faults.begin(), faults.end(), [](const Fault& f) { return f.from_argument; });
  if (usage) return arguments.hint;
  if (database && arguments.command == kOnce) {
    return "'vmtelem once --stdout' prints the sample and needs no INFLUX_ settings";
  }
  return {};
}

ExitCode ReportFaults(const Messages& messages, const std::vector<Fault>& faults, const std::string& hint) {
  for (const Fault& fault : faults) messages.Error(fault.text);
  if (!hint.empty()) messages.Hint(hint);
  const bool usage = std::all_of(faults.begin(), faults.end(), [](const Fault& f) { return f.from_argument; });
  return usage ? ExitCode::kUsage : ExitCode::kConfig;
}

Outcome RunCommand(const Context& context) {
  switch (*context.arguments.command) {
    case kRun:
      return RunRun(context);
    case kOnce:
      return RunOnce(context);
    case kListVms:
      return RunListVms(context);
    case kShowConfig:
      return RunShowConfig(context);
  }
  return {ExitCode::kInternal};
}

ExitCode PrintText(const Process& process, const Messages& messages, const std::string& text) {
  const auto written = WriteOutput(process.stdout_fd, text);
  if (written) return ExitCode::kOk;
  if (written.error().code != ErrorCode::kClosed) messages.Error(written.error());
  return ExitCodeFor(written.error().code);
}

Outcome RunConfigured(const Process& process, Arguments arguments) {
  const ConfigInput input = InputOf(process, arguments);
  LoadedConfig loaded = LoadConfig(input);
  const Config& config = loaded.config;
  const Messages messages(process.stderr_fd, WantsColor(process.stderr_fd, config.color, process.environment));
  std::vector<Fault> option_faults = JudgeOptionValues(arguments);
  const bool judges_itself = arguments.command == kShowConfig && option_faults.empty();
  loaded.faults.insert(loaded.faults.end(), option_faults.begin(), option_faults.end());
  if (!loaded.faults.empty() && !judges_itself) {
    return {ReportFaults(messages, loaded.faults, HintFor(arguments, loaded.faults))};
  }
  const LogLevel level = arguments.command == kRun ? LogLevel::kInfo : LogLevel::kWarn;
  if (config.log_level.value_or(level) <= LogLevel::kWarn) {
    for (const std::string& warning : loaded.warnings) messages.Warning(warning);
  }
  Context context{process, arguments, input, loaded, messages, MakeProcessLogger(process, config, level)};
  if (arguments.command != kShowConfig) {
    auto bounds = MakeSourceBounds(config);
    if (!bounds) return {ReportFailure(context, bounds.error())};
    context.bounds = std::move(*bounds);
  }
  return RunCommand(context);
}

Outcome RunAny(const Process& process) {
  // For what is wrong before the settings are known.
  const bool no_color = !process.environment("NO_COLOR").value_or("").empty();
  const ColorChoice choice = no_color ? ColorChoice::kNever : ColorChoice::kAuto;
  const Messages messages(process.stderr_fd, WantsColor(process.stderr_fd, choice, process.environment));
  const Arguments arguments = ParseArguments(process.arguments);
  if (arguments.wants_help) {
    return {PrintText(process, messages, arguments.command ? CommandHelp(*arguments.command) : ProgramHelp())};
  }
  if (arguments.wants_version) return {PrintText(process, messages, VersionText())};
  if (!arguments.faults.empty()) return {ReportFaults(messages, arguments.faults, arguments.hint)};
  if (!arguments.command) {
    messages.Plain(ShortHelp());
    return {ExitCode::kUsage};
  }
  return RunConfigured(process, arguments);
}

}  // namespace

ExitCode ReportFailure(const Context& context, const Error& error) {
  if (error.code != ErrorCode::kClosed) context.messages.Error(error);
  return ExitCodeFor(error.code);
}

ExitCode Print(const Context& context, std::string_view text) {
  return PrintText(context.process, context.messages, std::string(text));
}

ExitCode PrintData(const Context& context, std::string_view text) {
  return IsTerminal(context.process.stdout_fd) ? Print(context, VisibleLines(text)) : Print(context, text);
}

Process PrepareProcess(int argc, char** argv) {
  HoldStandardDescriptors();
  RaiseDescriptorLimit();
  ForgetHarmfulVariables();
  QuietLibvirtLog();
  // A closed pipe and a file that meets its size limit are errors of a write, not the end of the program.
  for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_IGN);
  return {.arguments = std::vector<std::string>(argv + std::min(argc, 1), argv + argc),
          .environment = ReadEnvironment,
          .is_root = ::geteuid() == 0};
}

int RunApp(const Process& process) {
  Outcome outcome{ExitCode::kInternal, false};
  try {
    outcome = RunAny(process);
  } catch (const std::exception& error) {
    Messages(process.stderr_fd, false).Error(fmt::format("internal error: {}", error.what()));
  }
  if (outcome.leave_at_once) ::_exit(static_cast<int>(outcome.code));
  return static_cast<int>(outcome.code);
}

}  // namespace vmtelem

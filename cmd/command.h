#pragma once

#include "base/log.h"
#include "cmd/arguments.h"
#include "cmd/exit_code.h"
#include "cmd/process.h"
#include "cmd/terminal/messages.h"
#include "config/load.h"
#include "libvirt/source_bounds.h"

namespace vmtelem {

// What a command works with. Everything outlives it.
struct Context {
  const Process& process;
  const Arguments& arguments;
  const ConfigInput& input;  // what `loaded` was loaded from
  const LoadedConfig& loaded;
  const Messages& messages;
  LoggerPtr log;
  SourceBounds bounds{};  // what all sources share

  [[nodiscard]] const Config& config() const { return loaded.config; }
};

// How a command ended.
struct Outcome {
  ExitCode code = ExitCode::kOk;
  // A call into libvirt holds a thread that no one can end: the process is to end without waiting for it, or running
  // anything beside it.
  bool leave_at_once = false;
};

Outcome RunRun(const Context& context);
Outcome RunOnce(const Context& context);
Outcome RunListVms(const Context& context);
// Judges the faults of the settings by itself.
Outcome RunShowConfig(const Context& context);

// Reports what went wrong, and gives the exit status that this means.
ExitCode ReportFailure(const Context& context, const Error& error);
// Prints a command's result. Silent when its reader has gone.
ExitCode Print(const Context& context, std::string_view text);
// The same of text for programs with names of any origin in it: as it is for a pipe, made safe for a terminal.
ExitCode PrintData(const Context& context, std::string_view text);

}  // namespace vmtelem

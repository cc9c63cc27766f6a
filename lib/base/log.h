#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include <spdlog/logger.h>

namespace vmtelem {

using Logger = spdlog::logger;  // thread-safe; handed to the code that logs, never looked up
using LoggerPtr = std::shared_ptr<Logger>;

// How a line of the log is laid out.
enum class LogFormat {
  kText,      // a terminal: 14:06:10 warn: message
  kJournald,  // <4>message: sd-daemon(3) level prefix, no time, the journal has its own
  kLogfmt,    // time=... level=warn msg="..."
  kJson,      // {"time":...,"level":"warn","msg":"..."}
};

// How grave a message is; a logger writes those of its level and graver ones.
enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };

std::optional<LogLevel> ParseLogLevel(std::string_view name);

// A logger that writes one line per event to `sink`, its message as VisibleText() shows it.
LoggerPtr MakeLogger(spdlog::sink_ptr sink, LogFormat format, LogLevel level);

}  // namespace vmtelem

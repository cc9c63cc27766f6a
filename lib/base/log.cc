#include "base/log.h"

#include <array>
#include <chrono>
#include <string>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/formatter.h>

#include "base/visible_text.h"

namespace vmtelem {
namespace {

constexpr std::array<std::pair<std::string_view, LogLevel>, 5> kLevelNames{{{"trace", LogLevel::kTrace},
                                                                            {"debug", LogLevel::kDebug},
                                                                            {"info", LogLevel::kInfo},
                                                                            {"warn", LogLevel::kWarn},
                                                                            {"error", LogLevel::kError}}};

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  constexpr std::array kLevels{spdlog::level::trace, spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                               spdlog::level::err};
  return kLevels[static_cast<std::size_t>(level)];
}

// The names that LOG_LEVEL takes.
std::string_view LevelName(spdlog::level::level_enum level) {
  if (level == spdlog::level::warn) return "warn";
  const auto name = spdlog::level::to_string_view(level);
  return {name.data(), name.size()};
}

// Priorities of syslog(3), which sd-daemon(3) takes as "<N>".
int SyslogPriority(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
    case spdlog::level::err:
      return 3;
    case spdlog::level::warn:
      return 4;
    case spdlog::level::info:
      return 6;
    default:
      return 7;
  }
}

// A JSON string is also a legal quoted logfmt value. JSON lets DEL and all beyond ASCII stand as it is.
std::string Quote(std::string_view text) {
  return VisibleText(nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string line = Line(message, std::string_view(message.payload.data(), message.payload.size()));
    out.append(line.data(), line.data() + line.size());
    out.push_back('\n');
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_);
  }

 private:
  [[nodiscard]] std::string Line(const spdlog::details::log_msg& message, std::string_view text) const {
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(message.time);
    const std::time_t seconds = std::chrono::system_clock::to_time_t(message.time);
    const auto fraction = (milliseconds.time_since_epoch() % std::chrono::seconds(1)).count();
    const auto utc = fmt::gmtime(seconds);
    switch (format_) {
      case LogFormat::kJournald:
        return fmt::format("<{}>{}", SyslogPriority(message.level), VisibleText(text));
      case LogFormat::kLogfmt:
        return fmt::format("time={:%Y-%m-%dT%H:%M:%S}.{:03}Z level={} msg={}", utc, fraction, LevelName(message.level),
                           Quote(text));
      case LogFormat::kJson:
        return fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}","msg":{}}})", utc, fraction,
                           LevelName(message.level), Quote(text));
      case LogFormat::kText:
        break;
    }
    return fmt::format("{:%H:%M:%S} {}: {}", fmt::localtime(seconds), LevelName(message.level), VisibleText(text));
  }

  LogFormat format_;
};

}  // namespace

std::optional<LogLevel> ParseLogLevel(std::string_view name) {
  for (const auto& [text, level] : kLevelNames) {
    if (text == name) return level;
  }
  return std::nullopt;
}

LoggerPtr MakeLogger(spdlog::sink_ptr sink, LogFormat format, LogLevel level) {
  auto logger = std::make_shared<Logger>("vmtelem", std::move(sink));
  logger->set_formatter(std::make_unique<LineFormatter>(format));
  logger->set_level(ToSpdlog(level));
  logger->flush_on(spdlog::level::trace);
  return logger;
}

}  // namespace vmtelem

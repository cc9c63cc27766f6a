#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "config/parsers.h"
#include "config/settings.h"

// Rows of the table, which settings.cc puts together. Included there only.
namespace vmtelem {

inline constexpr Setting kMessageRows[] = {
    {.variable = "LOG_LEVEL",
     .flag = "--log-level",
     .value_name = "LEVEL",
     .allowed = "trace, debug, info, warn, error",
     .group = SettingGroup::kMessages,
     .help = "trace, debug, info, warn or error [run: info, else warn]",
     .parse = [](const Setting& row, std::string_view text, Config& config) -> Problem {
       std::size_t index = 0;
       Problem problem = ParseWordOf(row.allowed, text, index);
       if (!problem) config.log_level = ParseLogLevel(text);
       return problem;
     }},
    {.variable = "LOG_FORMAT",
     .flag = "--log-format",
     .value_name = "FORMAT",
     .default_text = "auto",
     .allowed = "auto, text, logfmt, json",
     .group = SettingGroup::kMessages,
     .help = "auto, text, logfmt or json",
     .parse = [](const Setting& row, std::string_view text, Config& config) -> Problem {
       constexpr std::array<std::optional<LogFormat>, 4> kFormats{std::nullopt, LogFormat::kText, LogFormat::kLogfmt,
                                                                  LogFormat::kJson};
       std::size_t index = 0;
       Problem problem = ParseWordOf(row.allowed, text, index);
       if (!problem) config.log_format = kFormats[index];
       return problem;
     }},
    {.variable = "NO_COLOR",
     .flag = "--color",
     .value_name = "WHEN",
     .default_text = "auto",
     .allowed = "auto, always, never",
     .group = SettingGroup::kMessages,
     .presence = "never",
     .help = "auto, always or never; NO_COLOR, set to anything, means never",
     .parse = [](const Setting& row, std::string_view text, Config& config) -> Problem {
       constexpr std::array kChoices{ColorChoice::kAuto, ColorChoice::kAlways, ColorChoice::kNever};
       std::size_t index = 0;
       Problem problem = ParseWordOf(row.allowed, text, index);
       if (!problem) config.color = kChoices[index];
       return problem;
     }},
};

}  // namespace vmtelem

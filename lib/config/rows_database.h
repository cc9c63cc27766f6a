#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "config/parsers.h"
#include "config/settings.h"
#include "config/url.h"

// Rows of the table, which settings.cc puts together. Included there only.
namespace vmtelem {

template <auto Member>
Problem InfluxDuration(const Setting& row, std::string_view text, Config& config) {
  return ParseDurationWithin(row.allowed, text, config.influx.*Member);
}

template <auto Member>
Problem InfluxText(const Setting&, std::string_view text, Config& config) {
  return ParseText(text, config.influx.*Member);
}

inline constexpr Setting kDatabaseRows[] = {
    {.variable = "INFLUX_URL",
     .flag = "--influx-url",
     .value_name = "URL",
     .example = "http://127.0.0.1:8181",
     .group = SettingGroup::kDatabase,
     .secrecy = Secrecy::kUrl,
     .commands = kRun | kOnce | kShowConfig,
     .needed_for = kNeedsAnyInflux,
     .help = "InfluxDB server to deliver to",
     .parse = [](const Setting&, std::string_view text, Config& config) -> Problem {
       config.influx.url = text;
       return CheckInfluxUrl(text);
     }},
    {.variable = "INFLUX_DB",
     .flag = "--influx-db",
     .value_name = "NAME",
     .example = "vmstats",
     .group = SettingGroup::kDatabase,
     .commands = kRun | kOnce | kShowConfig,
     .needed_for = kNeedsAnyInflux,
     .help = "Database; the bucket for v2",
     .parse = InfluxText<&InfluxTarget::database>},
    {.variable = "INFLUX_TOKEN",
     .example = "INFLUX_TOKEN_FILE=/etc/vmtelem/influx-token",
     .group = SettingGroup::kDatabase,
     .secrecy = Secrecy::kSecret,
     .commands = kRun | kOnce | kShowConfig,
     .needed_for = kNeedsInfluxV2 | kNeedsInfluxV3,
     .help = "Token; better kept in a file",
     .parse = [](const Setting&, std::string_view text, Config& config) -> Problem {
       config.influx.token = Secret(std::string(text));
       if (HasControlCharacter(text)) return "holds a control character";
       return std::nullopt;
     }},
    {.variable = "INFLUX_TOKEN_FILE",
     .flag = "--influx-token-file",
     .value_name = "FILE",
     .group = SettingGroup::kDatabase,
     .commands = kRun | kOnce | kShowConfig,
     .help = "File that holds the token; read again when it is refused",
     .parse = InfluxText<&InfluxTarget::token_file>},
    {.variable = "INFLUX_API",
     .flag = "--influx-api",
     .value_name = "API",
     .default_text = "v3",
     .allowed = "v3, v2, v1",
     .group = SettingGroup::kDatabase,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Version of the write API: v3, v2 or v1",
     .parse = [](const Setting& row, std::string_view text, Config& config) -> Problem {
       constexpr std::array kApis{InfluxApi::kV3, InfluxApi::kV2, InfluxApi::kV1};
       std::size_t index = 0;
       Problem problem = ParseWordOf(row.allowed, text, index);
       if (!problem) config.influx.api = kApis[index];
       return problem;
     }},
    {.variable = "INFLUX_ORG",
     .flag = "--influx-org",
     .value_name = "ORG",
     .example = "my-org",
     .group = SettingGroup::kDatabase,
     .commands = kRun | kOnce | kShowConfig,
     .needed_for = kNeedsInfluxV2,
     .help = "Organisation (v2)",
     .parse = InfluxText<&InfluxTarget::org>},
    {.variable = "INFLUX_USER",
     .flag = "--influx-user",
     .value_name = "USER",
     .group = SettingGroup::kDatabase,
     .commands = kRun | kOnce | kShowConfig,
     .help = "User, with the token as password (v1)",
     .parse = InfluxText<&InfluxTarget::user>},
    {.variable = "INFLUX_RP",
     .flag = "--influx-rp",
     .value_name = "NAME",
     .group = SettingGroup::kDatabase,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Retention policy (v1)",
     .parse = InfluxText<&InfluxTarget::retention_policy>},
    {.variable = "INFLUX_CA_FILE",
     .flag = "--influx-ca-file",
     .value_name = "FILE",
     .group = SettingGroup::kDatabase,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Certificates to trust instead of the system's",
     .parse = InfluxText<&InfluxTarget::ca_file>},
    {.variable = "INFLUX_GZIP",
     .flag = "--influx-gzip",
     .value_name = "SWITCH",
     .default_text = "on",
     .allowed = "on, off",
     .group = SettingGroup::kDatabase,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Compress what is sent: on or off",
     .parse = [](const Setting&, std::string_view text,
                 Config& config) { return ParseSwitch(text, config.influx.gzip); }},
    {.variable = "INFLUX_TIMEOUT",
     .flag = "--influx-timeout",
     .value_name = "DUR",
     .default_text = "30s",
     .allowed = "0.1s to 1h",
     .group = SettingGroup::kDatabase,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Limit of one request",
     .parse = InfluxDuration<&InfluxTarget::timeout>},
};

}  // namespace vmtelem

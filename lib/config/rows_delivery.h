#pragma once

#include <optional>
#include <string_view>

#include "config/parsers.h"
#include "config/settings.h"

// Rows of the table, which settings.cc puts together. Included there only.
namespace vmtelem {

template <auto Member>
Problem DeliveryDuration(const Setting& row, std::string_view text, Config& config) {
  return ParseDurationWithin(row.allowed, text, config.delivery.*Member);
}

template <auto Member>
Problem DeliveryCount(const Setting& row, std::string_view text, Config& config) {
  return ParseCountWithin(row.allowed, text, config.delivery.*Member);
}

inline Problem ParseSpoolMax(const Setting& row, std::string_view text, Config& config) {
  const auto range = UnlessWord(row.allowed, text);
  if (range) return ParseSizeWithin(*range, text, config.delivery.spool_max_bytes);
  config.delivery.spool_max_bytes = 0;
  return std::nullopt;
}

inline constexpr Setting kDeliveryRows[] = {
    {.variable = "POLL_INTERVAL",
     .flag = "--interval",
     .short_flag = 'i',
     .value_name = "DUR",
     .default_text = "1s",
     .allowed = "0.1s to 1h",
     .group = SettingGroup::kDelivery,
     .commands = kRun | kShowConfig,
     .help = "Time between samples",
     .parse = [](const Setting& row, std::string_view text,
                 Config& config) { return ParseDurationWithin(row.allowed, text, config.interval); }},
    {.variable = "BATCH_MAX_LINES",
     .flag = "--batch-lines",
     .value_name = "N",
     .default_text = "2000",
     .allowed = "1 to 10000",
     .group = SettingGroup::kDelivery,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Send when so many lines wait",
     .parse = DeliveryCount<&DeliveryOptions::batch_max_lines>},
    {.variable = "BATCH_MAX_SEC",
     .flag = "--batch-age",
     .value_name = "DUR",
     .default_text = "1s",
     .allowed = "0.01s to 10m",
     .group = SettingGroup::kDelivery,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Send when a line has waited so long",
     .parse = DeliveryDuration<&DeliveryOptions::batch_max_age>},
    {.variable = "WRITES_IN_FLIGHT",
     .flag = "--writes-in-flight",
     .value_name = "N",
     .default_text = "16",
     .allowed = "1 to 16",
     .group = SettingGroup::kDelivery,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Requests under way at once, at most; fewer where the database is slow",
     .parse = DeliveryCount<&DeliveryOptions::writes_in_flight>},
    {.variable = "QUEUE_MAX_BYTES",
     .flag = "--queue-max-bytes",
     .value_name = "SIZE",
     .default_text = "64MiB",
     .allowed = "1MiB to 16GiB",
     .group = SettingGroup::kDelivery,
     .commands = kRun | kShowConfig,
     .help = "Memory for lines that wait; beyond it the oldest are dropped",
     .parse = [](const Setting& row, std::string_view text,
                 Config& config) { return ParseSizeWithin(row.allowed, text, config.delivery.queue_max_bytes); }},
    {.variable = "SPOOL_DIR",
     .flag = "--spool-dir",
     .value_name = "DIR",
     .group = SettingGroup::kDelivery,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Directory for lines that wait for the database [see the manual]",
     .parse = [](const Setting&, std::string_view text,
                 Config& config) { return ParseAbsolutePath(text, config.delivery.spool_dir); }},
    {.variable = "SPOOL_MAX_BYTES",
     .flag = "--spool-max",
     .value_name = "SIZE",
     .default_text = "auto",
     .allowed = "auto, 1MiB to 1024TiB",
     .group = SettingGroup::kDelivery,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Disk space for them, beyond it the oldest are dropped; auto: 4GiB, at most 10 % of the file system",
     .parse = ParseSpoolMax},
    {.variable = "BACKLOG_RATE",
     .flag = "--backlog-rate",
     .value_name = "N",
     .default_text = "10x",
     .allowed = "1x to 10000x",
     .group = SettingGroup::kDelivery,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Pace of old lines beside new ones, as a multiple of theirs",
     .parse = [](const Setting& row, std::string_view text,
                 Config& config) { return ParseMultipleWithin(row.allowed, text, config.delivery.backlog_rate); }},
    {.variable = "RETRY_MAX",
     .flag = "--retry-max",
     .value_name = "DUR",
     .default_text = "10s",
     .allowed = "0.1s to 1h",
     .group = SettingGroup::kDelivery,
     .commands = kRun | kOnce | kShowConfig,
     .help = "Longest pause between attempts to deliver",
     .parse = DeliveryDuration<&DeliveryOptions::retry_max>},
    {.variable = "DRAIN_TIMEOUT",
     .flag = "--drain-timeout",
     .value_name = "DUR",
     .default_text = "15s",
     .allowed = "0s to 1h",
     .group = SettingGroup::kDelivery,
     .commands = kRun | kOnce | kShowConfig,
     .help = "How long a stop may deliver",
     .parse = DeliveryDuration<&DeliveryOptions::drain_timeout>},
};

}  // namespace vmtelem

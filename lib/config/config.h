#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "model/hypervisor.h"
#include "model/influx_target.h"

namespace vmtelem {

enum class ColorChoice { kAuto, kAlways, kNever };

// What the program is told to do, checked and typed. Plain data; filled by LoadConfig() from the table in settings.h,
// which also holds every default.
struct Config {
  CollectOptions collect;
  InfluxTarget influx;

  Nanoseconds interval{};
  std::size_t batch_max_lines = 0;
  Nanoseconds batch_max_age{};
  std::size_t writes_in_flight = 0;
  std::uint64_t queue_max_bytes = 0;
  double backlog_rate = 0;            // old lines go at so many times the rate of new ones
  std::string spool_dir;              // empty: there is none to be had
  std::uint64_t spool_max_bytes = 0;  // 0: 4 GiB, at most 10 % of the file system
  Nanoseconds retry_max{};
  Nanoseconds drain_timeout{};

  std::optional<LogLevel> log_level;    // absent: what the command prefers
  std::optional<LogFormat> log_format;  // absent: chosen by what stderr is
  ColorChoice color = ColorChoice::kAuto;
};

}  // namespace vmtelem

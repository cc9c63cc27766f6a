#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/shard.h"
#include "model/delivery_options.h"
#include "model/encode_options.h"
#include "model/hypervisor.h"
#include "model/influx_target.h"
#include "model/listen_options.h"

namespace vmtelem {

// Whether messages are coloured.
enum class ColorChoice { kAuto, kAlways, kNever };

// The settings, checked and typed. Plain data; filled by LoadConfig() from the table in settings.h, which also holds
// every default.
struct Config {
  std::vector<Hypervisor> hypervisors;  // of this process's shard; may be none
  std::string connect_file;             // names hypervisors too; empty: there is none
  Shard shard;
  CollectOptions collect;  // from each of them
  EncodeOptions encode;
  InfluxTarget influx;
  DeliveryOptions delivery;
  ListenOptions listen;
  Nanoseconds interval{};  // between samples of a service

  std::optional<LogLevel> log_level;    // absent: what the command prefers
  std::optional<LogFormat> log_format;  // absent: chosen by what stderr is
  ColorChoice color = ColorChoice::kAuto;
};

}  // namespace vmtelem

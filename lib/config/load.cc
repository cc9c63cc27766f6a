#include "config/load.h"

#include <utility>

#include <fmt/format.h>

#include "base/url.h"
#include "config/hypervisors.h"
#include "config/layers.h"
#include "config/listen_check.h"
#include "config/proxy.h"
#include "config/spool_directory.h"
#include "config/target_check.h"

namespace vmtelem {
namespace {

constexpr std::string_view kMask = "***";

std::string Shown(const Setting& setting, const std::string& text) {
  switch (setting.secrecy) {
    case Secrecy::kSecret:
      return {};
    case Secrecy::kUrl:
      return MaskUrl(text);
    case Secrecy::kPlain:
      break;
  }
  return text;
}

Fault DescribeFault(const Setting& setting, const GivenValue& given, const std::string& problem) {
  const std::string shown = Shown(setting, given.text);
  const std::string_view name = given.from_argument ? std::string_view(given.origin) : setting.variable;
  const std::string_view origin = given.from_argument ? std::string_view() : std::string_view(given.origin);
  return {.text = DescribeBadValue({name, shown, problem, setting.allowed, origin}),
          .from_argument = given.from_argument,
          .concerns_database = setting.group == SettingGroup::kDatabase};
}

// Puts the value that counts into `loaded`, or says what is wrong with it.
void Resolve(const Setting& setting, const Layers& layers, LoadedConfig& loaded) {
  EffectiveSetting effective{&setting, std::nullopt, "not set"};
  if (!setting.default_text.empty()) {
    setting.parse(setting, setting.default_text, loaded.config);
    effective = {&setting, std::string(setting.default_text), "default"};
  }
  if (const auto given = layers.Find(setting)) {
    const auto problem = setting.parse(setting, given->text, loaded.config);
    if (problem) loaded.faults.push_back(DescribeFault(setting, *given, *problem));
    effective = {&setting, setting.secrecy == Secrecy::kSecret ? std::string(kMask) : given->text, given->origin};
  }
  loaded.effective.push_back(std::move(effective));
}

Needs NeedsOf(const ConfigInput& input, const Config& config) {
  const bool wants_uri = input.needs_hypervisor && config.connect_file.empty();
  Needs needs = wants_uri ? kNeedsHypervisor : kNeedsNothing;
  if (!input.needs_database) return needs;
  switch (config.influx.api) {
    case InfluxApi::kV1:
      return needs | kNeedsInfluxV1;
    case InfluxApi::kV2:
      return needs | kNeedsInfluxV2;
    case InfluxApi::kV3:
      break;
  }
  return needs | kNeedsInfluxV3;
}

void ReportMissing(Needs needs, LoadedConfig& loaded) {
  for (const EffectiveSetting& effective : loaded.effective) {
    const Setting& setting = *effective.setting;
    if ((setting.needed_for & needs) == 0 || effective.text) continue;
    loaded.faults.push_back({.text = fmt::format("{} is not set; for example {}", setting.variable, setting.example),
                             .concerns_database = setting.group == SettingGroup::kDatabase});
  }
}

void Prepend(const std::vector<Fault>& first, std::vector<Fault>& faults) {
  faults.insert(faults.begin(), first.begin(), first.end());
}

}  // namespace

LoadedConfig LoadConfig(const ConfigInput& input) {
  const Layers layers(input);
  LoadedConfig loaded;
  for (const Setting& setting : Settings()) Resolve(setting, layers, loaded);
  HypervisorList list = FindHypervisors(layers, loaded.config.shard);
  loaded.config.hypervisors = std::move(list.hypervisors);
  loaded.hypervisors_in_all = list.in_all;
  Prepend(list.faults, loaded.faults);
  std::vector<Fault> wrong = std::exchange(loaded.faults, layers.faults());
  loaded.warnings = layers.warnings();
  loaded.warnings.insert(loaded.warnings.end(), list.warnings.begin(), list.warnings.end());
  FindSpoolDirectory(input, loaded);
  if (input.needs_database) FindToken(input.environment, loaded);
  ReportMissing(NeedsOf(input, loaded.config), loaded);
  loaded.faults.insert(loaded.faults.end(), std::make_move_iterator(wrong.begin()),
                       std::make_move_iterator(wrong.end()));
  if (input.needs_database) {
    CheckTarget(loaded);
    FindProxy(input.environment, loaded);
  }
  if (input.may_listen) CheckListen(loaded);
  return loaded;
}

HypervisorList LoadHypervisors(const ConfigInput& input) {
  const Layers layers(input);
  LoadedConfig part;  // the settings that the list follows from
  for (const std::string_view variable : {"LIBVIRT_URI", "CONNECT_FILE", "SHARD"}) {
    Resolve(*FindSettingByVariable(variable), layers, part);
  }
  ReportMissing(NeedsOf(input, part.config) & kNeedsHypervisor, part);
  HypervisorList list = FindHypervisors(layers, part.config.shard);
  Prepend(part.faults, list.faults);
  Prepend(layers.faults(), list.faults);
  if (!list.faults.empty()) list.hypervisors.clear();
  return list;
}

}  // namespace vmtelem

#include "config/layers.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/env_file.h"
#include "config/parsers.h"
#include "config/suggest.h"

namespace vmtelem {
namespace {

std::vector<std::string_view> KnownVariables() {
  std::vector<std::string_view> names;
  for (const Setting& setting : Settings()) {
    names.push_back(setting.variable);
    if (!setting.alias.empty()) names.push_back(setting.alias);
  }
  return names;
}

// A name that is nobody's concern here is left alone: the same file may serve other programs.
std::optional<std::string> WarnOfNearMiss(const EnvFile::Entry& entry, std::string_view path) {
  const auto known = KnownVariables();
  if (std::find(known.begin(), known.end(), entry.name) != known.end()) return std::nullopt;
  const auto nearest = NearestWord(entry.name, known);
  if (!nearest) return std::nullopt;
  return fmt::format("{}:{}: '{}' is not a setting; did you mean '{}'?", path, entry.line, entry.name, *nearest);
}

}  // namespace

Layers::Layers(const ConfigInput& input) : input_(input) {
  for (const std::string& path : input.env_files) ReadFile(path);
}

void Layers::ReadFile(const std::string& path) {
  EnvFile file = ReadEnvFile(path);
  for (std::string& fault : file.faults) faults_.push_back({.text = "--env-file: " + std::move(fault)});
  for (EnvFile::Entry& entry : file.entries) {
    if (auto warning = WarnOfNearMiss(entry, path)) warnings_.push_back(std::move(*warning));
    file_values_.push_back({std::move(entry.name), std::move(entry.value), fmt::format("{}:{}", path, entry.line)});
  }
}

std::optional<GivenValue> Layers::FromFlags(const Setting& setting) const {
  std::optional<GivenValue> value;
  for (const FlagValue& flag : input_.flags) {
    if (flag.setting != &setting) continue;
    const bool joins = setting.separator != '\0' && value;
    const std::string item = setting.separator == ',' ? EscapeListItem(flag.text) : flag.text;
    value = GivenValue{joins ? value->text + setting.separator + item : item, flag.origin, true};
  }
  return value;
}

std::optional<GivenValue> Layers::FromVariable(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  auto text = input_.environment(name);
  if (text && !text->empty()) return GivenValue{std::move(*text), "environment"};
  for (auto value = file_values_.rbegin(); value != file_values_.rend(); ++value) {
    if (value->name == name && !value->text.empty()) return GivenValue{value->text, value->origin};
  }
  return std::nullopt;
}

std::optional<GivenValue> Layers::Find(const Setting& setting) const {
  if (auto flag = FromFlags(setting)) return flag;
  auto value = FromVariable(setting.variable);
  if (value && !setting.presence.empty()) value->text = setting.presence;
  if (value) return value;
  if (!setting.alias_yields_to.empty() && Find(*FindSettingByVariable(setting.alias_yields_to))) return std::nullopt;
  value = FromVariable(setting.alias);
  if (value) value->origin = fmt::format("{}, {}", setting.alias, value->origin);
  return value;
}

}  // namespace vmtelem

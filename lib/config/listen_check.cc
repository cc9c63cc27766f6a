#include "config/listen_check.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/secret_file.h"

namespace vmtelem {
namespace {

const EffectiveSetting& Effective(const LoadedConfig& loaded, std::string_view variable) {
  return *std::find_if(loaded.effective.begin(), loaded.effective.end(),
                       [&](const EffectiveSetting& row) { return row.setting->variable == variable; });
}

// The flag, if it was one.
std::string NameOf(const EffectiveSetting& effective) {
  return effective.origin.substr(0, 2) == "--" ? effective.origin : std::string(effective.setting->variable);
}

void CheckTokenFile(LoadedConfig& loaded) {
  const std::string name = NameOf(Effective(loaded, "LISTEN_TOKEN_FILE"));
  const auto file = ReadSecretFile(loaded.config.listen.token_file);
  if (!file) {
    loaded.faults.push_back({.text = fmt::format("{}: {}", name, file.error().message)});
  } else if (file->readable_by_others) {
    loaded.warnings.push_back(fmt::format("{}: the permissions of {} open it to others than its owner; 'chmod 600' it",
                                          name, loaded.config.listen.token_file));
  }
}

}  // namespace

void CheckListen(LoadedConfig& loaded) {
  const ListenOptions& listen = loaded.config.listen;
  const EffectiveSetting& setting = Effective(loaded, "LISTEN");
  if (!setting.text) return;
  if (!listen.token_file.empty()) return CheckTokenFile(loaded);
  if (!listen.address || listen.address->is_local()) return;
  loaded.faults.push_back({.text = fmt::format("{}: '{}' can be reached from other machines, which needs a token; set "
                                               "LISTEN_TOKEN_FILE",
                                               NameOf(setting), listen.address->text)});
}

}  // namespace vmtelem

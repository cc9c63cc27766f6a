#include "config/spool_directory.h"

#include <algorithm>
#include <utility>

namespace vmtelem {
namespace {

struct Place {
  std::string path;
  std::string origin;
};

// As EnvironmentLookup, for a path: what is not absolute does not count, as the XDG specification asks for.
std::optional<std::string> PathIn(const EnvironmentLookup& environment, std::string_view name) {
  auto path = environment(name);
  if (!path || path->empty() || path->front() != '/') return std::nullopt;
  return path;
}

std::optional<Place> DefaultPlace(const ConfigInput& input) {
  if (const auto state = PathIn(input.environment, "STATE_DIRECTORY")) {
    return Place{state->substr(0, state->find(':')), "STATE_DIRECTORY, environment"};  // of several the first
  }
  if (input.is_root) return Place{"/var/lib/vmtelem", "default"};
  if (const auto state = PathIn(input.environment, "XDG_STATE_HOME")) return Place{*state + "/vmtelem", "default"};
  if (const auto home = PathIn(input.environment, "HOME")) return Place{*home + "/.local/state/vmtelem", "default"};
  return std::nullopt;
}

}  // namespace

void FindSpoolDirectory(const ConfigInput& input, LoadedConfig& loaded) {
  const auto row = std::find_if(loaded.effective.begin(), loaded.effective.end(),
                                [](const EffectiveSetting& e) { return e.setting->variable == "SPOOL_DIR"; });
  if (row->text) return;
  auto place = DefaultPlace(input);
  if (!place) return;
  loaded.config.delivery.spool_dir = place->path;
  row->text = std::move(place->path);
  row->origin = std::move(place->origin);
}

}  // namespace vmtelem

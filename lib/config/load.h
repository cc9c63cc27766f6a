#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/fault.h"
#include "config/settings.h"

namespace vmtelem {

// The value of an environment variable; absent if it is not set. The library never looks by itself.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;

// A flag of a setting, as it was given.
struct FlagValue {
  const Setting* setting = nullptr;
  std::string text;
  std::string origin;  // as it was typed: "--interval", "-v"
};

// All that LoadConfig() looks at, beside the files.
struct ConfigInput {
  std::vector<FlagValue> flags;  // in the order in which they were given
  EnvironmentLookup environment;
  std::vector<std::string> env_files{};  // later ones win
  bool is_root = false;                  // of the machine: then the spool's place is the system's, not the user's
  bool needs_hypervisor = false;
  bool needs_database = false;  // then the target is checked as a whole and the token file is read
  bool may_listen = false;      // then the control server's settings are checked as a whole and its token file is read
};

// A setting as it is in force. `text` is what was given, *** for a secret, absent if there is neither a value nor a
// default. For Secrecy::kUrl it is the URL as given: mask it before it is shown.
struct EffectiveSetting {
  const Setting* setting = nullptr;
  std::optional<std::string> text;
  std::string origin;  // "default", "environment", "/path/file:12", "--interval", "credential influx-token", "not set"
};

// The settings in force, where each comes from, and all that is wrong with them.
struct LoadedConfig {
  Config config;                            // complete only if there are no faults
  std::vector<EffectiveSetting> effective;  // one for each row of the table, in its order
  std::size_t hypervisors_in_all = 0;       // of all shards
  std::vector<Fault> faults;                // all of them: files, what is missing, what is wrong
  std::vector<std::string> warnings;
};

// The hypervisors that LIBVIRT_URI and CONNECT_FILE name, and all that is wrong with them. Empty if anything is.
struct HypervisorList {
  std::vector<Hypervisor> hypervisors;  // of this process's shard, in the order given
  std::size_t in_all = 0;               // of all shards
  std::vector<Fault> faults;
  std::vector<std::string> warnings;
};

// Layers default < env-file < environment < flag. An empty value counts as not given.
LoadedConfig LoadConfig(const ConfigInput& input);

// The hypervisors alone, out of the same input as it is now: env-files and CONNECT_FILE are read again. The faults are
// all that keep the list from being used, those of the env-files among them.
HypervisorList LoadHypervisors(const ConfigInput& input);

}  // namespace vmtelem

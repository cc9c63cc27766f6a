#pragma once

#include "config/load.h"

// What of a database target can only be judged as a whole, once every setting is parsed. For load.cc.
namespace vmtelem {

// Finds the one place that the token comes from - INFLUX_TOKEN, a file, the systemd credential - and reads it. More
// than one is a fault, none is left to the check for missing settings.
void FindToken(const EnvironmentLookup& environment, LoadedConfig& loaded);

// Rules that depend on the API, and files that must be readable before anything starts.
void CheckTarget(LoadedConfig& loaded);

}  // namespace vmtelem

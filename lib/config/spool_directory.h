#pragma once

#include "config/load.h"

namespace vmtelem {

// Where the spool goes if nobody said: the directory that systemd made for the service (StateDirectory=,
// systemd.exec(5)), the system's place for root, the user's for others (XDG Base Directory Specification). None if
// there is no HOME either.
void FindSpoolDirectory(const ConfigInput& input, LoadedConfig& loaded);

}  // namespace vmtelem

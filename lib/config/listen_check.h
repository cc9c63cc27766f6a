#pragma once

#include "config/load.h"

namespace vmtelem {

// What is wrong with the settings of the control server as a whole: its token file, which is read here once and again
// by the server, and that it is there where other machines can connect.
void CheckListen(LoadedConfig& loaded);

}  // namespace vmtelem

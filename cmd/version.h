#pragma once

#include <string>

#include "model/build_info.h"

namespace vmtelem {

BuildInfo ThisBuild();

// "vmtelem VERSION (rev 1a2b3c4d5e)" and a line for each library in use.
std::string VersionText();

}  // namespace vmtelem

#pragma once

#include <string>

namespace vmtelem {

// Which program this is.
struct BuildInfo {
  std::string version, revision;
};

}  // namespace vmtelem

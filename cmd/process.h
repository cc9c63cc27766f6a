#pragma once

#include <string>
#include <vector>

#include "config/load.h"

namespace vmtelem {

// What the operating system gave us, as a value, so that nothing below main() looks for it elsewhere.
struct Process {
  std::vector<std::string> arguments;  // without the program's name
  EnvironmentLookup environment;
  bool is_root = false;
  int stdout_fd = 1;
  int stderr_fd = 2;
};

}  // namespace vmtelem

#pragma once

#include <string>

namespace vmtelem {

// The name of this host (gethostname(2)); "localhost" if it has none. Any thread.
std::string LocalHostName();

}  // namespace vmtelem

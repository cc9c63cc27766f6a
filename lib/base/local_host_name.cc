#include "base/local_host_name.h"

#include <array>
#include <climits>

#include <unistd.h>

namespace vmtelem {

std::string LocalHostName() {
  std::array<char, HOST_NAME_MAX + 2> name{};  // the last byte stays 0
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

}  // namespace vmtelem

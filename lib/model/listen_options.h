#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/listen_address.h"

namespace vmtelem {

// The settings of the control server. Plain data.
struct ListenOptions {
  std::optional<ListenAddress> address;  // absent: there is no server
  std::string token_file;                // empty: there is none
  std::vector<std::string> hosts;        // further names in Host, each with or without a port
};

}  // namespace vmtelem

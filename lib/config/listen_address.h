#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/fault.h"
#include "model/listen_address.h"

// Reads where the control server listens, and under which names. Pure functions.
namespace vmtelem {

// `ADDR:PORT`, `[ADDR]:PORT` or `unix:PATH`. Names are refused, since what they stand for may change or be several
// addresses, and a missing address, which some take for all of them. An IPv4 address that is written as an IPv6 one is
// the IPv4 address.
Problem ParseListenAddress(std::string_view text, ListenAddress& address);

// Names separated by commas, each with or without a port.
Problem ParseListenHosts(std::string_view text, std::vector<std::string>& hosts);

}  // namespace vmtelem

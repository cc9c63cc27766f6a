#pragma once

#include <string>

#include "config/load.h"

// The proxy between us and the database. It is looked for where libcurl would: read here, it can be judged before
// anything starts, shown by show-config, and kept from libcurl's messages, which quote a proxy with its password.
namespace vmtelem {

// Puts the proxy for INFLUX_URL into the target, or adds the fault: for https:// the first that is set of
// https_proxy, HTTPS_PROXY, all_proxy and ALL_PROXY, for http:// of http_proxy (in capitals a client of a CGI program
// could set it), all_proxy and ALL_PROXY; none if no_proxy or NO_PROXY names the host.
void FindProxy(const EnvironmentLookup& environment, LoadedConfig& loaded);

// "http://***@proxy:3128"
std::string ShownProxy(const Proxy& proxy);

}  // namespace vmtelem
